"""A model loads whole, exact and quiet, or is refused with a sentence; one copy serves all sessions."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, GPT2LMHeadModel

from model_utils.models import loading
from model_utils.models.forward import forward
from model_utils.errors import ModelDamagedError, ModelTooLargeError
from model_utils.models.download import find
from model_utils.models.loading import LoadedModel, ModelCache, load_model
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER, registry
from model_utils.tokens.batch import encode
from tests.tools.models import entry_of, save_random

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("loading") / "sound")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may spoil."""
    return shutil.copytree(sound, tmp_path / "folder")


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def logits(loaded: LoadedModel, text: str) -> np.ndarray:
    batch = encode(loaded.tokenizer, (text,))
    return forward(loaded, batch.input_ids, build_mask(MaskSpec(), batch)).logits.numpy()


def test_the_model_is_float32_in_evaluation_mode_with_attention_that_can_be_traced(tiny: LoadedModel):
    assert {parameter.dtype for parameter in tiny.model.parameters()} == {torch.float32}
    assert not tiny.model.training
    assert tiny.model.config._attn_implementation == "maskscope"
    assert (tiny.layers, tiny.heads, tiny.context) == (6, 8, 256)


def test_the_bundled_entry_is_what_its_files_hold(tiny: LoadedModel):
    assert tiny.model.num_parameters() == BUNDLED.parameters
    assert len(tiny.tokenizer) == BUNDLED.vocabulary


def test_logits_equal_plain_transformers_to_the_last_bit(tiny: LoadedModel):
    plain = GPT2LMHeadModel.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
    ids = AutoTokenizer.from_pretrained(BUNDLED_FOLDER)("They opened the door and saw a", return_tensors="pt")
    with torch.inference_mode():
        assert np.array_equal(plain(**ids).logits.numpy(), logits(tiny, "They opened the door and saw a"))


def test_a_full_size_gpt2_loads_as_a_folder_and_through_the_hubs_cache_alike(
    full_size: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cache = tmp_path / "models--openai-community--gpt2"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text("abc")
    (cache / "snapshots").mkdir()
    (cache / "snapshots" / "abc").symlink_to(full_size)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    entries = registry({"MASKSCOPE_FOLDERS": f"mine={full_size}"})
    answers = []
    for name in ("gpt2", "mine"):
        place = find(entries[name])
        assert place is not None
        loaded = load_model(entries[name], place)
        assert loaded.model.num_parameters() == entries[name].parameters == 124_439_808
        assert (loaded.layers, loaded.heads, loaded.context) == (12, 12, 1024)
        answers.append(logits(loaded, "It will rain in the"))
    assert np.array_equal(*answers)
    assert answers[0].shape == (1, 5, 50257)


def test_a_folder_with_vocab_and_merges_instead_of_tokenizer_json_works(folder: Path, tiny: LoadedModel):
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    tokenizer = load_model(entry_of(folder), folder).tokenizer
    text = "It will rain in the <|endoftext|> naïve 🙂"
    assert tokenizer(text)["input_ids"] == tiny.tokenizer(text)["input_ids"]


def test_weights_in_several_files_load(folder: Path, sound: Path):
    tensors = load_file(folder / "model.safetensors")
    parts = {"model-00001-of-00002.safetensors": {}, "model-00002-of-00002.safetensors": {}}
    for number, (name, tensor) in enumerate(sorted(tensors.items())):
        parts[list(parts)[number % 2]][name] = tensor
    for name, part in parts.items():
        save_file(part, folder / name, metadata={"format": "pt"})
    where = {tensor: name for name, part in parts.items() for tensor in part}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
    (folder / "model.safetensors").unlink()
    whole = load_model(entry_of(sound), sound)
    assert np.array_equal(logits(load_model(entry_of(folder), folder), "My dog is"), logits(whole, "My dog is"))


def spoil_weights(**changes: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        changes["by"](tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    return spoil


def cut(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def pickled_only(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def other_tokenizer(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["pre_tokenizer"], content["model"]["merges"] = {"type": "Whitespace"}, []
    (folder / "tokenizer.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: (f / "config.json").unlink(), r"config\.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), r"config\.json is damaged"),
        (lambda f: (f / "config.json").write_text("[]"), r"config\.json is damaged"),
        (lambda f: change_config(f, model_type="bert"), "type 'bert', not 'gpt2'"),
        (lambda f: change_config(f, n_layer=3), "n_layer = 3, not 2"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer cannot be read"),
        (other_tokenizer, "tokenizer"),
        (lambda f: (f / "model.safetensors").unlink(), r"no model\.safetensors"),
        (pickled_only, "other kinds of weight files are not read"),
        (cut, r"model\.safetensors is damaged"),
        (lambda f: (f / "model.safetensors").write_bytes(b"<html>not here</html>"), r"model\.safetensors is damaged"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), r"model\.safetensors is damaged"),
        (spoil_weights(by=lambda t: t.pop("h.1.mlp.c_fc.weight")), r"lack transformer\.h\.1\.mlp\.c_fc\.weight"),
        (spoil_weights(by=lambda t: t.update({"wpe.weight": t["wpe.weight"][:9].clone()})), "do not fit a GPT-2"),
        (spoil_weights(by=lambda t: t["h.0.attn.c_attn.weight"].fill_(float("nan"))), "no usable attention or numbers"),
        (spoil_weights(by=lambda t: t["ln_f.weight"].fill_(float("nan"))), "no usable attention or numbers"),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_the_reason_and_a_way_out(
    spoil: Callable[[Path], object], reason: str, folder: Path
):
    entry = entry_of(folder)
    spoil(folder)
    with pytest.raises(ModelDamagedError, match=reason) as caught:
        load_model(entry, folder)
    assert str(caught.value).startswith("random cannot be used: ")
    assert str(caught.value).endswith("Put a whole GPT-2 folder there, as save_pretrained writes it.")
    assert str(folder) not in str(caught.value)


def test_a_tokenizer_with_fewer_tokens_than_the_weights_is_refused(folder: Path):
    tensors = load_file(folder / "model.safetensors")
    save_file(tensors | {"wte.weight": torch.zeros(50304, 16)}, folder / "model.safetensors", metadata={"format": "pt"})
    change_config(folder, vocab_size=50304)
    with pytest.raises(ModelDamagedError, match="its tokenizer knows 50,257 tokens, its weights 50,304"):
        load_model(entry_of(folder), folder)


def test_code_that_lies_in_the_folder_never_runs(folder: Path):
    change_config(folder, auto_map={"AutoModelForCausalLM": "evil.Evil", "AutoTokenizer": ["evil.Evil", "evil.Evil"]})
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    load_model(entry_of(folder), folder)
    assert not (folder / "ran").exists()


def test_loading_says_nothing_in_the_servers_log(sound: Path):
    code = (
        "from pathlib import Path; from tests.tools.models import entry_of; from model_utils.models.loading import load_model;"
        f"f = Path({str(sound)!r}); load_model(entry_of(f), f)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_a_crowd_that_asks_for_one_model_loads_it_once(sound: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []
    real = loading.load_model
    monkeypatch.setattr(loading, "load_model", lambda *a: calls.append(a) or real(*a))
    model_cache, entry, start = ModelCache(), entry_of(sound), threading.Barrier(8)

    def ask(_: int) -> LoadedModel:
        start.wait()
        return model_cache.get(entry, sound)

    with ThreadPoolExecutor(8) as pool:
        copies = list(pool.map(ask, range(8)))
    assert len(calls) == 1
    assert len(set(map(id, copies))) == 1


def test_sessions_at_the_same_time_do_not_mix_their_results(sound: Path):
    model_cache, entry = ModelCache(), entry_of(sound)
    loaded = model_cache.get(entry, sound)
    texts = [f"Number {n} walked to the sea and" for n in range(6)]
    alone = [logits(loaded, text) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            together = list(pool.map(lambda text: logits(loaded, text), texts))
            for one, other in zip(alone, together, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_model_unused_for_longest_makes_room(sound: Path):
    a, b, c = (entry_of(sound, name, width=4096, layers=24) for name in "abc")  # as if of 20 GB each
    model_cache = ModelCache(free=lambda: 100_000)
    monkey = {entry: load_model(entry_of(sound), sound) for entry in (a, b)}
    model_cache._models.update(monkey)
    assert model_cache.present(a) is monkey[a]  # used just now, so b goes first
    model_cache._free = lambda: 600.0
    model_cache._make_room(c)
    assert model_cache.present(b) is None
    assert model_cache.present(a) is monkey[a]


def test_a_model_that_was_let_go_leaves_the_memory(sound: Path):
    model_cache = ModelCache(free=lambda: 100_000)
    gone = weakref.ref(model_cache.get(entry_of(sound, "old"), sound).model)
    assert gone() is not None
    model_cache._free = lambda: 501.0
    model_cache._make_room(entry_of(sound, "new"))
    assert gone() is None


def test_collecting_garbage_after_each_run_of_a_page_does_not_walk_through_torch(sound: Path):
    ModelCache().get(entry_of(sound), sound)
    assert gc.get_freeze_count() > 100_000
    assert len(gc.get_objects()) < 50_000


def test_a_model_that_fits_only_if_all_go_does_not_send_the_bundled_one_away(sound: Path):
    model_cache = ModelCache(free=lambda: 600.0)
    model_cache.get(BUNDLED, BUNDLED_FOLDER)
    with pytest.raises(ModelTooLargeError, match="random needs 20,657 MB"):
        model_cache._make_room(entry_of(sound, width=4096, layers=24))
    assert model_cache.present(BUNDLED) is not None


def test_too_little_memory_is_noticed_before_loading(sound: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(loading, "load_model", lambda *a: pytest.fail("loaded without memory for it"))
    with pytest.raises(ModelTooLargeError, match=r"random needs 50\d MB of memory, and this computer has 100 MB"):
        ModelCache(free=lambda: 100.0).get(entry_of(sound), sound)


def test_memory_that_runs_out_on_the_way_is_told_as_such(sound: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 6 bytes.")

    monkeypatch.setattr(GPT2LMHeadModel, "from_pretrained", fail)
    with pytest.raises(ModelTooLargeError, match="Memory ran out while random was loaded"):
        load_model(entry_of(sound), sound)
