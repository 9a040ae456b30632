"""A folder is read without building anything, and every way in which it can be wrong is one reason that names file and cause."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model_utils.limits import MAX_JSON_MB
from model_utils.models.files import FolderError, read_folder
from tests.tools.models import change_config, change_json, change_weights, save_random

NAMES = ("n_layer", "n_head", "n_embd", "n_positions", "vocab_size")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("files") / "sound")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may spoil."""
    return shutil.copytree(sound, tmp_path / "folder")


def in_place_of(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what puts something else in the place of a file."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return spoil


def config(**changes: object) -> Callable[[Path], None]:
    return lambda folder: change_config(folder, **changes)


def tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    return lambda folder: change_weights(folder, change)


def without(name: str) -> Callable[[Path], None]:
    """Return what takes a setting out of config.json."""

    def spoil(folder: Path) -> None:
        settings = json.loads((folder / "config.json").read_text())
        del settings[name]
        (folder / "config.json").write_text(json.dumps(settings))

    return spoil


def index(**changes: object) -> Callable[[Path], None]:
    """Return what makes the weights one shard with an index, and then changes the index."""

    def spoil(folder: Path) -> None:
        shard(folder, {})
        change_json(folder / "model.safetensors.index.json", **changes)

    return spoil


def shard(folder: Path, second: dict[str, torch.Tensor]) -> None:
    """Save the weights in two files with an index; `second` are those of the second."""
    held = load_file(folder / "model.safetensors")
    parts = {"a.safetensors": {name: held[name] for name in held if name not in second}, "b.safetensors": second}
    for name, part in parts.items():
        save_file(part, folder / name, metadata={"format": "pt"})
    where = {tensor: name for name, part in parts.items() for tensor in part}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
    (folder / "model.safetensors").unlink()


def rename(new: str, old: str = "h.0.mlp.c_fc.weight") -> Callable[[Path], None]:
    return tensors(lambda t: t.update({new: t.pop(old)}))


def cut(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def deep(levels: int) -> str:
    return '{"model_type": ' + "[" * levels + "]" * levels + "}"


def header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


SPOILED = {
    "no config": (lambda f: (f / "config.json").unlink(), r"config\.json is missing"),
    "a folder for the config": (in_place_of("config.json", Path.mkdir), r"config\.json is missing, or is no file"),
    "a pipe for the config": (in_place_of("config.json", os.mkfifo), r"config\.json is missing, or is no file"),
    "a device": (in_place_of("config.json", lambda p: p.symlink_to("/dev/zero")), r"config\.json .* is no file"),
    "a circle of links": (in_place_of("config.json", lambda p: p.symlink_to(p)), r"config\.json cannot be read"),
    "a broken link": (in_place_of("config.json", lambda p: p.symlink_to("nowhere")), r"config\.json is missing"),
    "an empty config": (lambda f: (f / "config.json").write_bytes(b""), r"config\.json is damaged"),
    "half a config": (lambda f: (f / "config.json").write_text("{"), r"config\.json is damaged"),
    "a list": (lambda f: (f / "config.json").write_text("[]"), r"config\.json is damaged"),
    "a word": (lambda f: (f / "config.json").write_text('"gpt2"'), r"config\.json is damaged"),
    "null": (lambda f: (f / "config.json").write_text("null"), r"config\.json is damaged"),
    "UTF-16": (
        lambda f: (f / "config.json").write_text((f / "config.json").read_text(), "utf-16"),
        r"config\.json is damaged: it is no JSON in UTF-8",
    ),
    "a byte order mark": (
        lambda f: (f / "config.json").write_text((f / "config.json").read_text(), "utf-8-sig"),
        r"config\.json is damaged: it is no JSON in UTF-8",
    ),
    "nested 10,000 deep": (lambda f: (f / "config.json").write_text(deep(10_000)), "nested too deeply"),
    "nested 500,000 deep": (lambda f: (f / "config.json").write_text(deep(500_000)), "nested too deeply"),
    "a number of 9,999 digits": (
        lambda f: (f / "config.json").write_text('{"n_layer": ' + "9" * 9_999 + "}"),
        r"config\.json is damaged",
    ),
    "a huge file": (
        in_place_of("config.json", lambda p: (p.touch(), os.truncate(p, MAX_JSON_MB * 10**6 + 1))),
        f"larger than {MAX_JSON_MB} MB",
    ),
    "another kind of model": (config(model_type="bert"), "type 'bert', not 'gpt2'"),
    "a long kind": (config(model_type="x" * 10**6), f"type '{'x' * 40}', not 'gpt2'"),
    "a kind of no text": (config(model_type={"gpt2": 1}), "type a group of values"),
    "cross attention": (config(add_cross_attention=True), "add_cross_attention"),
    "quantised by name": (config(quantization_config={"load_in_8bit": True}), "quantization_config"),
    "a billion labels": (config(num_labels=10**9), "num_labels = 1000000000: 0 to 10,000"),
    "labels of words": (config(num_labels="two"), "num_labels = 'two'"),
    "a width that heads do not divide": (config(n_head=3), "n_head = 3 does not divide"),
    "an activation without a name": (config(activation_function=3), "activation_function = 3"),
    "an epsilon of words": (config(layer_norm_epsilon="small"), "layer_norm_epsilon = 'small'"),
    "an epsilon of nan": (config(layer_norm_epsilon=float("nan")), "layer_norm_epsilon = nan"),
    "a flag of words": (config(scale_attn_weights="yes"), "scale_attn_weights = 'yes'"),
    "a flag of null": (config(tie_word_embeddings=None), "tie_word_embeddings = None"),
    "a flag of 1": (config(tie_word_embeddings=1), "tie_word_embeddings = 1"),
    "n_inner of words": (config(n_inner="wide"), "n_inner = 'wide'"),
    "another n_inner": (
        config(n_inner=32),
        r"do not fit its config\.json: h\.0\.mlp\.c_fc\.weight is 16 x 64.*16 x 32",
    ),
    "more layers": (config(n_layer=3), "n_layer = 3, its weights hold 2"),
    "fewer layers": (config(n_layer=1), "n_layer = 1, its weights hold 2"),
    "a million layers": (config(n_layer=1_000_000), "n_layer = 1000000, its weights hold 2"),
    "more positions": (config(n_positions=10**12), r"wpe\.weight is 64 x 16"),
    "a wide model": (config(n_embd=2**40), r"wte\.weight is 50,257 x 16"),
    "a large vocabulary": (config(vocab_size=50_258), r"wte\.weight is 50,257 x 16, and should be 50,258 x 16"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
    "a folder for the tokenizer": (in_place_of("tokenizer.json", Path.mkdir), "no tokenizer"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"no model\.safetensors"),
    "half the weights": (cut, r"model\.safetensors is damaged"),
    "a page for weights": (
        lambda f: (f / "model.safetensors").write_bytes(b"<html>not here</html>"),
        r"model\.safetensors is damaged",
    ),
    "empty weights": (lambda f: (f / "model.safetensors").write_bytes(b""), r"model\.safetensors is damaged"),
    "a header without tensors": (lambda f: (f / "model.safetensors").write_bytes(header("{}")), "its weights hold 0"),
    "a header nested 10,000 deep": (
        lambda f: (f / "model.safetensors").write_bytes(header(deep(10_000))),
        r"model\.safetensors is damaged",
    ),
    "a header that is too long": (
        lambda f: (f / "model.safetensors").write_bytes((2**63).to_bytes(8, "little") + b"{}"),
        r"model\.safetensors is damaged",
    ),
    "a folder for the weights": (in_place_of("model.safetensors", Path.mkdir), r"no model\.safetensors"),
    "a pipe for the weights": (in_place_of("model.safetensors", os.mkfifo), r"no model\.safetensors"),
    "a missing matrix": (tensors(lambda t: t.pop("h.1.mlp.c_fc.weight")), r"lack h\.1\.mlp\.c_fc\.weight"),
    "missing norms": (
        tensors(lambda t: [t.pop(name) for name in list(t) if "ln_1" in name]),
        r"lack h\.0\.ln_1\.weight and 3 more",
    ),
    "another name": (rename("h.0.mlp.c_fc.base_layer.weight"), r"lack h\.0\.mlp\.c_fc\.weight"),
    "another shape": (
        tensors(lambda t: t.update({"wpe.weight": t["wpe.weight"][:9].clone()})),
        r"wpe\.weight is 9 x 16, and should be 64 x 16",
    ),
    "a matrix on its side": (
        tensors(lambda t: t.update({"h.0.mlp.c_fc.weight": t["h.0.mlp.c_fc.weight"].T.contiguous()})),
        "is 64 x 16, and should be 16 x 64",
    ),
    "an untied head that is not there": (config(tie_word_embeddings=False), r"lack lm_head\.weight"),
    **{
        f"weights of {kind}": (
            tensors(lambda t, kind=kind: t.update({"h.0.attn.c_attn.weight": t["h.0.attn.c_attn.weight"].to(kind)})),
            r"of type \w+ \(h\.0\.attn\.c_attn\.weight\)",
        )
        for kind in (torch.int8, torch.uint8, torch.bool, torch.int64, torch.float8_e4m3fn)
    },
    "an index of no files": (index(weight_map=None), r"index\.json is damaged"),
    "an empty index": (index(weight_map={}), r"index\.json is damaged"),
    "an index that is a list": (index(weight_map=[1]), r"index\.json is damaged"),
    "an index of numbers": (index(weight_map={"wte.weight": 3}), r"index\.json is damaged: 3 is no"),
    "an index of groups": (index(weight_map={"wte.weight": ["a"]}), r"index\.json is damaged"),
    "an index that leads out": (
        index(weight_map={"wte.weight": "../sound/model.safetensors"}),
        r"index\.json is damaged: '\.\./sound",
    ),
    "an index of half a character": (
        index(weight_map={"wte.weight": "a\ud800.safetensors"}),
        r"index\.json is damaged: 'a\\ud800\.safetensors'",
    ),
    "an index of a long name": (
        index(weight_map={"wte.weight": "a" * 400 + ".safetensors"}),
        r"index\.json is damaged",
    ),
    "an index of pickles": (index(weight_map={"wte.weight": "pytorch_model.bin"}), "no safetensors file"),
    "an index without metadata": (index(metadata=None), r"index\.json is damaged"),
    "an index with a word for metadata": (index(metadata="x"), r"index\.json is damaged"),
    "an index of a missing file": (index(weight_map={"wte.weight": "c.safetensors"}), r"c\.safetensors is missing"),
    "a damaged index": (
        lambda f: (index()(f), (f / "model.safetensors.index.json").write_text("{")),
        r"index\.json is damaged",
    ),
    "damaged generation settings": (
        lambda f: (f / "generation_config.json").write_text("{"),
        r"generation_config\.json is damaged",
    ),
    "generation settings in a list": (
        lambda f: (f / "generation_config.json").write_text("[]"),
        r"generation_config\.json is damaged",
    ),
}


@pytest.mark.parametrize("case", list(SPOILED))
def test_a_folder_that_is_not_one_whole_gpt2_is_refused_with_file_and_cause(case: str, folder: Path) -> None:
    spoil, reason = SPOILED[case]
    spoil(folder)
    began = time.monotonic()
    with pytest.raises(FolderError, match=reason) as caught:
        read_folder(folder)
    assert time.monotonic() - began < 2
    assert len(str(caught.value)) < 300
    assert str(folder) not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [None, True, "12", 12.0, 0, -1, 1e999, [12], {"a": 1}, float("nan"), -(10**30)])
def test_a_size_that_is_no_number_from_1_up_is_refused_by_name(name: str, value: object, folder: Path) -> None:
    change_config(folder, **{name: value})
    with pytest.raises(FolderError, match=rf"config\.json has {name} = .*, which is no whole number"):
        read_folder(folder)


@pytest.mark.parametrize("name", ["model_type", *NAMES])
def test_a_config_without_a_size_is_refused(name: str, folder: Path) -> None:
    without(name)(folder)
    with pytest.raises(FolderError, match=name if name != "model_type" else "type None"):
        read_folder(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_that_may_not_be_read_is_named(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(FolderError, match=rf"its {name} cannot be read \(Permission denied\)"):
        read_folder(folder)


def test_a_path_that_cannot_be_is_refused() -> None:
    for path in ("a\0b", "\udcff" * 3, "x" * 5_000):
        with pytest.raises(FolderError, match=r"config\.json"):
            read_folder(Path(path))


@pytest.mark.parametrize("changes", [{}, {"n_inner": None, "output_attentions": True, "return_dict": False}])
def test_what_a_folder_holds_is_counted(folder: Path, changes: dict[str, object]) -> None:
    change_config(folder, **changes)
    held = read_folder(folder)
    assert (held.n_layer, held.n_head, held.n_embd, held.n_positions, held.vocab_size) == (2, 2, 16, 64, 50257)
    buffers = 2 * 64 * 64  # the causal mask of each layer, which is no parameter
    assert held.parameters == sum(t.numel() for t in load_file(folder / "model.safetensors").values()) - buffers
    assert held.end_of_text == (50256,)


def test_an_untied_head_and_another_inner_width_are_counted(folder: Path) -> None:
    tied = read_folder(folder).parameters
    change_config(folder, tie_word_embeddings=False)
    change_weights(folder, lambda t: t.update({"lm_head.weight": t["wte.weight"].clone()}))
    assert read_folder(folder).parameters == tied + 50257 * 16

    def narrow(t: dict[str, torch.Tensor]) -> None:
        for layer in (0, 1):
            block = f"h.{layer}.mlp"
            t[f"{block}.c_fc.weight"] = t[f"{block}.c_fc.weight"][:, :8].contiguous()
            t[f"{block}.c_fc.bias"] = t[f"{block}.c_fc.bias"][:8].clone()
            t[f"{block}.c_proj.weight"] = t[f"{block}.c_proj.weight"][:8].contiguous()

    change_config(folder, n_inner=8)
    change_weights(folder, narrow)
    assert read_folder(folder).parameters == tied + 50257 * 16 - 2 * 56 * (16 + 1 + 16)


def test_a_head_that_stands_for_the_embedding_counts_once(folder: Path) -> None:
    tied = read_folder(folder).parameters
    change_weights(folder, lambda t: t.update({"lm_head.weight": t.pop("wte.weight")}))
    assert read_folder(folder).parameters == tied


def test_names_with_the_prefix_of_save_pretrained_and_weights_in_parts_hold_the_same(folder: Path) -> None:
    whole = read_folder(folder)
    change_weights(folder, lambda t: [t.update({f"transformer.{name}": t.pop(name)}) for name in list(t)])
    assert read_folder(folder) == whole
    shard(folder, {"transformer.wpe.weight": load_file(folder / "model.safetensors")["transformer.wpe.weight"]})
    assert read_folder(folder) == whole


@pytest.mark.parametrize(
    ("config", "generation", "ends"),
    [
        (50256, 50256, (50256,)),
        (13, None, (13,)),
        (13, {}, (13,)),
        (13, 198, (198,)),
        (13, [198, 13, 198], (198, 13)),
        ([13, 50256], None, (13, 50256)),
        (None, None, (50256,)),
        (None, {}, (50256,)),
        ([], [], (50256,)),
        (None, 0, (0,)),
    ],
)
def test_a_text_ends_where_generate_stops_and_at_end_of_text_where_the_files_name_none(
    folder: Path, config: object, generation: object, ends: tuple[int, ...]
) -> None:
    change_config(folder, eos_token_id=config)
    (folder / "generation_config.json").unlink()
    if generation is not None:
        change_json(folder / "generation_config.json", **({} if generation == {} else {"eos_token_id": generation}))
    assert read_folder(folder).end_of_text == ends


@pytest.mark.parametrize("value", ["50256", 1.5, True, -1, 50257, [50256, "13"], [[13]], {"id": 13}, 10**30])
@pytest.mark.parametrize("name", ["config.json", "generation_config.json"])
def test_an_end_that_is_no_token_is_refused_with_its_file(folder: Path, name: str, value: object) -> None:
    change_json(folder / "generation_config.json", eos_token_id=None)
    change_json(folder / name, eos_token_id=value)
    with pytest.raises(FolderError, match=rf"its {name} has eos_token_id"):
        read_folder(folder)
