"""Code loads the page's model, and prints what the page shows whatever a folder says of runs, generating or tokenizing."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from model_utils.experiments.batch_invariance import readings
from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.trace import record, row_of
from model_utils.models.forward import attention_maps
from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, registry
from model_utils.snippets.compare import compare_code
from model_utils.snippets.generate import generate_code
from model_utils.snippets.heads import heads_code
from model_utils.snippets.mechanics import row_code
from model_utils.snippets.setup import preamble
from model_utils.snippets.step import step_code
from model_utils.snippets.tokens import tokens_code
from model_utils.tokens.batch import encode
from tests.tools.models import change_config, change_json, change_weights, entry_of, save_random

TEXTS = ("It will rain in the", "My dog is", "a<|endoftext|>b")
NEW, STEP = 12, 1
GREEDY, DRAWN = SamplingSettings(temperature=0.0), SamplingSettings(temperature=0.8, top_k=30, top_p=0.9, seed=3)


def hostile(folder: Path) -> Path:
    """Return a folder whose every setting asks for something else than the pages do."""
    save_random(folder)
    change_weights(
        folder, lambda t: [one.mul_(8) for name, one in t.items() if one.dtype == torch.float16 and "ln" not in name]
    )
    change_config(folder, output_attentions=True, output_hidden_states=True, return_dict=False, use_cache=False)
    change_config(folder, scale_attn_by_inverse_layer_idx=True, eos_token_id=None)
    change_json(
        folder / "generation_config.json", repetition_penalty=1.8, no_repeat_ngram_size=1, eos_token_id=[198, 50256],
        pad_token_id=13, num_beams=3, suppress_tokens=list(range(1000)), min_new_tokens=5,
    )  # fmt: skip
    change_json(
        folder / "tokenizer_config.json", eos_token=None, pad_token="!", padding_side="right", model_max_length=3,
        model_input_names=["input_ids"], truncation_side="left",
    )  # fmt: skip
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    front = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    tokenizer["post_processor"]["single"].insert(0, front)
    tokenizer["post_processor"]["special_tokens"] = {
        "<|endoftext|>": {"id": "<|endoftext|>", "ids": [50256], "tokens": ["<|endoftext|>"]}
    }
    tokenizer["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = hostile(tmp_path_factory.mktemp("setup") / "folder")
    return load_model(entry_of(folder, "mine"), folder)


@pytest.fixture
def run(mine: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs code where the folder lies under the name of its id, and returns the printed lines."""
    (tmp_path / "mine").symlink_to(mine.entry.location)
    monkeypatch.chdir(tmp_path)

    def run(code: str) -> list[str]:
        assert mine.entry.location not in code
        (tmp_path / "code.py").write_text(code, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            runpy.run_path("code.py")
        return printed.getvalue().splitlines()

    return run


def test_the_folder_really_asks_for_something_else(mine: LoadedModel) -> None:
    tokenizer = mine.tokenizer
    assert tokenizer("a").input_ids == [50256, 64]
    assert (tokenizer.eos_token_id, tokenizer.pad_token, mine.end_of_text) == (None, "!", (198, 50256))


def test_the_batch_and_the_next_words_are_the_page_s(mine: LoadedModel, run) -> None:
    for side, pad_id in (("left", 50256), ("right", 13)):
        lines = run(tokens_code(mine.entry, TEXTS, side=side, pad_id=pad_id))
        batch = encode(mine.tokenizer, TEXTS, side=side, pad_id=pad_id)
        assert lines[:2] == [f"ids {batch.input_ids.tolist()}", f"mask {batch.attention_mask.tolist()}"]
        for line, one in zip(lines[3:], readings(mine, batch, range(3)), strict=True):
            assert [p for _, p in ast.literal_eval(line)] == pytest.approx([p for _, p in one.right.words], abs=2e-4)


@pytest.mark.parametrize("settings", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_the_texts_are_the_page_s_and_end_at_the_same_tokens(
    mine: LoadedModel, run, settings: SamplingSettings
) -> None:
    batch = encode(mine.tokenizer, TEXTS)
    lanes = [Lane(prompt=tuple(token.id for token in row), settings=settings) for row in batch.tokens]
    steps = [step for steps in decode(mine, lanes, NEW) for step in steps]
    rows = [[step.token_id for step in steps if step.lane == lane] for lane in range(len(lanes))]
    lines = run(generate_code(mine.entry, TEXTS, settings, steps=NEW, sentence=1, step=STEP))
    assert [ast.literal_eval(line[: line.index("]") + 1]) for line in lines[:3]] == rows
    compared = run(compare_code(mine.entry, [TEXTS[1]], [("one", settings, None)], samples=1, steps=NEW))
    assert ast.literal_eval(compared[0][compared[0].index("[") : compared[0].index("]") + 1]) == rows[1]
    opened = run(step_code(mine.entry, [*lanes[1].prompt, *rows[1][:STEP]], settings, number=STEP))
    assert f"drawn {rows[1][STEP]}" in opened


def greedy(loaded: LoadedModel, texts: tuple[str, ...], new: int) -> list[list[int]]:
    lanes = [
        Lane(prompt=tuple(token.id for token in row), settings=GREEDY) for row in encode(loaded.tokenizer, texts).tokens
    ]
    steps = [step for steps in decode(loaded, lanes, new) for step in steps]
    return [[step.token_id for step in steps if step.lane == lane] for lane in range(len(texts))]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", ["generation_config.json", "config.json"])
def test_greedy_text_ends_at_whatever_token_the_folder_names(
    mine: LoadedModel, run, tmp_path: Path, name: str, several: bool
) -> None:
    folder = Path(shutil.copytree(mine.entry.location, tmp_path / "other"))
    free = greedy(mine, TEXTS, 6)
    end = free[0][2]
    change_json(folder / "generation_config.json", eos_token_id=None)
    change_json(folder / name, eos_token_id=[50256, end] if several else end)
    entry = entry_of(folder, "other")
    rows = greedy(load_model(entry, folder), TEXTS, 6)
    assert rows[0] == free[0][: free[0].index(end) + 1]
    lines = run(generate_code(entry, TEXTS, GREEDY, steps=6, sentence=0, step=0))
    assert [ast.literal_eval(line[: line.index("]") + 1]) for line in lines[:3]] == rows


def test_one_row_of_a_head_is_the_page_s_under_another_divisor(mine: LoadedModel, run) -> None:
    batch, spec = encode(mine.tokenizer, TEXTS), MaskSpec(weights={1: 0.5})
    trace = record(mine, batch, build_mask(spec, batch), sentence=0, layer=1, head=1)
    assert trace.divisor_name == "2·√8"
    row = row_of(trace, 4)
    lines = run(row_code(mine.entry, TEXTS, spec, side="left", layer=1, head=1, query=4))
    for key in range(5):
        printed = [float(number) for number in lines[key].split()[2:]]
        shown = [float(one[key]) for one in (row.score, row.masked, row.exp, row.weight)]
        assert printed == pytest.approx(shown, rel=1e-3, abs=1e-5)
    assert float(lines[-1].removeprefix("apart ")) < 1e-6


def test_one_head_is_the_page_s(mine: LoadedModel, run) -> None:
    batch = encode(mine.tokenizer, TEXTS)
    maps = attention_maps(mine, batch, build_mask(MaskSpec(), batch))[1]
    printed = run(heads_code(mine.entry, TEXTS, side="left", sentence=1, layer=1, head=0))
    shown = np.array([[float(cell) for cell in line.split()] for line in printed])
    np.testing.assert_allclose(shown, np.where(maps.cause > 0, np.nan, maps.weights[1, 0]), atol=2e-6)


def test_code_names_a_model_as_a_reader_has_it_and_no_path_of_the_server(mine: LoadedModel) -> None:
    for entry, place in (
        (BUNDLED, "models/tiny-gpt2"),
        (registry({})["gpt2"], "openai-community/gpt2"),
        (mine.entry, "mine"),
    ):
        line = next(line for line in preamble(entry).splitlines() if line.startswith("MODEL = "))
        assert ast.literal_eval(line.removeprefix("MODEL = ").partition("  #")[0]) == place
        assert ("#" in line) == (entry.source != "hub")
