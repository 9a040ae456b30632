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

from model_utils.errors import ModelDamagedError, ModelTooLargeError, ReaderError
from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models import loading
from model_utils.models.attention import LayerTrace
from model_utils.models.download import find
from model_utils.models.files import FolderError
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel, ModelCache, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER, registry
from model_utils.tokens.batch import encode
from tests.tools.models import add_token, change_config, change_json, change_weights, entry_of, save_random

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("loading") / "sound")


@pytest.fixture(scope="module")
def plain(sound: Path) -> LoadedModel:
    """Return the sound folder's model; nobody may change it."""
    return load_model(entry_of(sound), sound)


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may spoil."""
    return shutil.copytree(sound, tmp_path / "folder")


def logits(loaded: LoadedModel, text: str) -> np.ndarray:
    batch = encode(loaded.tokenizer, (text,))
    return forward(loaded, batch.input_ids, build_mask(MaskSpec(), batch)).logits.numpy()


def test_the_model_is_float32_in_evaluation_mode_with_attention_that_can_be_traced(tiny: LoadedModel):
    assert {parameter.dtype for parameter in tiny.model.parameters()} == {torch.float32}
    assert not tiny.model.training
    assert tiny.model.config._attn_implementation == "maskscope"
    assert (tiny.layers, tiny.heads, tiny.context) == (8, 8, 256)


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


def test_a_model_of_one_position_loads(folder: Path):
    change_config(folder, n_positions=1)
    change_weights(folder, lambda t: t.update({"wpe.weight": t["wpe.weight"][:1].clone()}))
    assert load_model(entry_of(folder), folder).context == 1


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


def other_tokenizer(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["pre_tokenizer"], content["model"]["merges"] = {"type": "Whitespace"}, []
    (folder / "tokenizer.json").write_text(json.dumps(content))


def fill(name: str, value: float) -> Callable[[Path], None]:
    """Return what puts `value` into one place of a weight."""
    return lambda folder: change_weights(folder, lambda t: t[name].view(-1)[-1:].fill_(value))


def two_heads(folder: Path) -> None:
    change_weights(folder, lambda t: t.update({"lm_head.weight": t["wte.weight"] + 1}))


def nested(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text('{"a": ' + "[" * 10_000 + "]" * 10_000 + "}")


SPOILED = {
    "no config": (lambda f: (f / "config.json").unlink(), r"config\.json is missing"),
    "another size": (lambda f: change_config(f, n_layer=3), "n_layer = 3, its weights hold 2"),
    "a size changed since": (lambda f: change_config(f, n_head=4), "heads 4, and 2 was expected"),
    "an unknown activation": (lambda f: change_config(f, activation_function="gelu_newest"), "'gelu_newest'"),
    "an activation with weights": (lambda f: change_config(f, activation_function="prelu"), "lack"),
    **{
        f"{name} = {value!r}": (
            lambda f, name=name, value=value: change_config(f, **{name: value}),
            rf"config\.json .*{name}",
        )
        for name, value in (
            ("attn_pdrop", "much"),
            ("bos_token_id", "first"),
            ("summary_type", 3),
            ("eos_token_id", 1.5),
        )
    },
    "labels in a list": (lambda f: change_config(f, id2label=[]), r"config\.json is refused by transformers"),
    "an empty tokenizer": (lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer cannot be read"),
    "no JSON": (lambda f: (f / "tokenizer.json").write_bytes(b"\xff\xfe{"), "tokenizer cannot be read"),
    "a tokenizer nested 10,000 deep": (nested("tokenizer.json"), "tokenizer cannot be read"),
    "settings nested 10,000 deep": (nested("tokenizer_config.json"), "tokenizer cannot be read"),
    "settings in a list": (lambda f: (f / "tokenizer_config.json").write_text("[]"), "tokenizer cannot be read"),
    "another tokenizer": (other_tokenizer, "tokenizer is not GPT-2's"),
    "another end of text": (
        lambda f: (f / "tokenizer.json").write_text(
            (f / "tokenizer.json").read_text().replace("<|endoftext|>", "<|end|>")
        ),
        "its tokenizer",
    ),
    "a token too many": (lambda f: add_token(f, weights=False), "tokenizer knows 50,258 tokens, its weights 50,257"),
    "heads of two kinds": (two_heads, "tie_word_embeddings"),
    **{
        f"{value} in {name}": (fill(name, value), rf"no finite number \(in transformer\.{name}\)")
        for value in (float("nan"), float("inf"), float("-inf"))
        for name in ("wte.weight", "wpe.weight", "h.0.attn.c_attn.weight", "h.1.mlp.c_proj.bias", "ln_f.weight")
    },
}


@pytest.mark.parametrize("case", list(SPOILED))
def test_files_that_cannot_be_used_are_refused_with_the_reason_and_a_way_out(case: str, folder: Path, caplog):
    spoil, reason = SPOILED[case]
    entry = entry_of(folder)
    spoil(folder)
    with pytest.raises(ModelDamagedError, match=reason) as caught:
        load_model(entry, folder)
    assert str(caught.value).startswith("random cannot be used: ")
    assert "Put a whole GPT-2 folder there, as save_pretrained writes it" in str(caught.value)
    assert str(folder) not in str(caught.value)
    if caught.value.__cause__ is not None and not isinstance(caught.value.__cause__, (ReaderError, FolderError)):
        assert caught.value.__cause__ in [record.exc_info[1] for record in caplog.records if record.exc_info]


SWITCHES = {
    "output_attentions": True,
    "output_hidden_states": True,
    "return_dict": False,
    "use_cache": False,
    "is_causal": False,
    "torch_dtype": "float16",
    "dtype": "float64",
    "is_decoder": True,
    "is_encoder_decoder": True,
    "chunk_size_feed_forward": 3,
    "_attn_implementation": "flash_attention_2",
    "attn_implementation": "flash_attention_2",
    "gradient_checkpointing": True,
    "pad_token_id": 10**9,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    "repetition_penalty": 1.8,
    "n_ctx": "x",
    "architectures": 5,
    "problem_type": "nonsense",
}


@pytest.mark.parametrize("name", list(SWITCHES))
def test_what_a_config_says_of_runs_changes_no_run(name: str, folder: Path, plain: LoadedModel):
    change_config(folder, **{name: SWITCHES[name]})
    loaded = load_model(entry_of(folder), folder)
    assert np.array_equal(logits(loaded, "My dog is"), logits(plain, "My dog is"))
    out = loaded.model(torch.tensor([[40, 765]]))
    assert (out.logits.dtype, out.attentions, out.hidden_states) == (torch.float32, None, None)
    assert out.past_key_values is not None


def test_a_folder_saved_after_attentions_were_asked_for_loads(sound: Path, plain: LoadedModel, tmp_path: Path):
    model = GPT2LMHeadModel.from_pretrained(sound, attn_implementation="eager", output_attentions=True)
    model.save_pretrained(tmp_path)
    shutil.copy(sound / "tokenizer.json", tmp_path)
    assert '"output_attentions": true' in (tmp_path / "config.json").read_text()
    assert np.array_equal(
        logits(load_model(entry_of(tmp_path), tmp_path), "My dog is"),
        logits(plain, "My dog is"),
    )


GENERATION = {
    "repetition_penalty": 1.8,
    "num_beams": "four",
    "max_length": 3,
    "do_sample": True,
    "temperature": "hot",
    "cache_implementation": 7,
    "watermarking_config": 5,
    "suppress_tokens": [13],
    "forced_eos_token_id": 13,
}


@pytest.mark.parametrize("name", list(GENERATION))
def test_what_a_folder_says_of_generating_changes_nothing_but_where_a_text_ends(
    name: str, folder: Path, plain: LoadedModel
):
    change_json(folder / "generation_config.json", **{name: GENERATION[name]})
    loaded = load_model(entry_of(folder), folder)
    ids = torch.tensor([[40, 765]])
    both = [one.model.generate(ids, max_new_tokens=6, do_sample=False) for one in (plain, loaded)]
    assert torch.equal(*both)


@pytest.mark.parametrize(("config", "generation"), [(None, None), ([262, 13], None), (13, 262), (50256, [262, 11])])
def test_engine_and_generate_stop_at_the_same_token(folder: Path, config: object, generation: object):
    (folder / "generation_config.json").unlink()
    change_config(folder, eos_token_id=config)
    if generation is not None:
        change_json(folder / "generation_config.json", eos_token_id=generation)
    loaded = load_model(entry_of(folder), folder)
    named = generation if generation is not None else config
    assert loaded.end_of_text == (tuple(named) if isinstance(named, list) else (50256 if named is None else named,))
    for end in (*loaded.end_of_text, 50256):
        lane = Lane(prompt=(40, 765), settings=SamplingSettings(temperature=0.0), taken=(1, end))
        steps = [step for steps in decode(loaded, [lane], 5) for step in steps]
        assert (len(steps) == 2 and steps[-1].stop == "end") == (end in loaded.end_of_text)
    assert tuple(loaded.model.generation_config.eos_token_id) == loaded.end_of_text
    assert loaded.model.generation_config.pad_token_id == loaded.pad_id == 50256


@pytest.mark.parametrize(
    ("changes", "divisors"),
    [
        ({}, (8**0.5, 8**0.5)),
        ({"scale_attn_weights": False}, (1.0, 1.0)),
        ({"scale_attn_by_inverse_layer_idx": True}, (8**0.5, 2 * 8**0.5)),
        ({"scale_attn_by_inverse_layer_idx": True, "scale_attn_weights": False}, (1.0, 2.0)),
        ({"reorder_and_upcast_attn": True}, (8**0.5, 8**0.5)),
    ],
)
def test_scores_are_divided_by_what_the_model_says(
    folder: Path, changes: dict[str, object], divisors: tuple[float, float]
):
    change_config(folder, **changes)
    loaded, trace = load_model(entry_of(folder), folder), list[LayerTrace]()
    forward(loaded, [[40, 765, 284]], trace=trace)
    for layer, divisor in enumerate(divisors):
        assert 1 / trace[layer].scale == pytest.approx(divisor)
        products = trace[layer].query @ trace[layer].key.transpose(-1, -2)
        torch.testing.assert_close(trace[layer].scores, products / divisor, atol=1e-6, rtol=1e-5)
    eager = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.inference_mode():
        theirs = eager(torch.tensor([[40, 765, 284]])).logits
    torch.testing.assert_close(forward(loaded, [[40, 765, 284]]).logits, theirs, atol=1e-5, rtol=1e-5)


def test_an_added_token_is_read_padded_with_and_counted(folder: Path):
    number = add_token(folder, "[PAD]")
    entry = entry_of(folder)
    loaded = load_model(entry, folder)
    assert (number, entry.vocabulary, loaded.parameters) == (50257, 50258, entry.parameters)
    batch = encode(loaded.tokenizer, ("a[PAD]", "one two three four"), pad_id=number)
    assert batch.input_ids[0].tolist() == [number, number, 64, number]
    assert batch.labels(0) == ("pad", "pad", "a", "[PAD]")


def test_a_tokenizer_with_fewer_tokens_than_the_weights_is_refused(folder: Path):
    change_weights(folder, lambda t: t.update({"wte.weight": torch.zeros(50304, 16)}))
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
    a, b, c = (entry_of(sound, name, parameters=5 * 10**9) for name in "abc")  # as if of 20 GB each
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
    with pytest.raises(ModelTooLargeError, match="random needs 20,500 MB"):
        model_cache._make_room(entry_of(sound, parameters=5 * 10**9))
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
