"""A new pattern is one entry of the table: with it pages, generated texts and code run under it, as a GPT-2 by hand does."""

from __future__ import annotations

import ast
import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from model_utils.generate.mask_policy import MaskPolicy
from model_utils.masks.mask import MaskSpec
from model_utils.masks.patterns import PATTERNS, Pattern
from model_utils.models.loading import LoadedModel
from model_utils.snippets.ablation import hiding_code
from model_utils.snippets.masks import head_code, mask_code
from model_utils.tokens.batch import encode
from pages.common.caches import cache_shared
from tests.tools.decoding import grown, ids, lane_of
from tests.tools.figures import figures, trace
from tests.tools.gpt2 import gpt2_by_hand

APP = Path(__file__).parents[1] / "app.py"
TEXTS = ("They opened the door and saw a man", "The tall wizard gave the boy a silver key. The next day")
WIDTH, LAYER, HEAD = 5, 3, 2


@pytest.fixture(autouse=True)
def dilated(monkeypatch: pytest.MonkeyPatch) -> Iterator[MaskSpec]:
    """Add every second token of the last `width` to the table, and nothing anywhere else."""
    entry = Pattern(
        label="dilated",
        allowed=lambda row: row.causal & (row.distance < row.width) & (row.distance % 2 == 0),
        code="pattern = (key <= query) & (query - key < WIDTH) & ((query - key) % 2 == 0)",
        help="every second of the last {width}",
        uses=("width",),
        reason="it is not every second of the last {width}",
    )
    monkeypatch.setitem(PATTERNS, "dilated", entry)
    yield MaskSpec(pattern="dilated", width=WIDTH)
    cache_shared.clear()


def may_read(T: int) -> torch.Tensor:
    """Return `[T, T]`: the dilated window as a reader would write it."""
    return torch.tensor([[k in range(q, q - WIDTH, -2) for k in range(T)] for q in range(T)])


@pytest.fixture(scope="module")
def reference(tiny: LoadedModel) -> tuple[np.ndarray, np.ndarray]:
    """Return (probabilities `[T, V]`, weights `[L, H, T, T]`) of the first sentence."""
    tokens = tiny.tokenizer(TEXTS[0])["input_ids"]
    logs, weights = gpt2_by_hand(tiny.model, tokens, may_read(len(tokens)))
    return logs.exp().numpy(), torch.stack(weights).numpy()


def opened(page: str, **values: Any) -> AppTest:
    """Return a page under the dilated window, as a link opens it."""
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{page}.py")
    at.query_params["pattern"], at.query_params["width"] = "dilated", str(WIDTH)
    for name, value in {"text": "\n".join(TEXTS), **values}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    assert not at.error
    assert at.session_state["pattern"] == "dilated"
    return at


def real(matrix: np.ndarray) -> np.ndarray:
    """Return the cells of the first sentence's tokens: the pads stand on the left."""
    start = len(matrix) - len(TEXTS[0].split())
    return matrix[start:, start:]


def bits(probabilities: np.ndarray, tokens: list[int]) -> list[float]:
    return [-math.log2(row[token]) for row, token in zip(probabilities, tokens[1:], strict=False)]


def test_masks_draws_the_rule_and_runs_the_model_under_it(tiny, bundled, reference) -> None:
    probabilities, _ = reference
    T, tokens = len(probabilities), tiny.tokenizer(TEXTS[0])["input_ids"]
    at = opened("2_Masks", look="patterns")
    tile = trace(figures(at)["fig_pattern_dilated"], "visible", "z")
    assert (tile == 1).tolist() == may_read(T).tolist()
    words = figures(at)["fig_next"]
    now, before = (trace(words, name, "x") / 100 for name in ("now", "before"))
    assert now[:4] == pytest.approx(np.sort(probabilities[-1])[:-5:-1], abs=1e-4)
    assert before.argmax() == 4  # the best word under causal fell, and stays in sight
    assert now[4] < now[3]
    assert trace(figures(at)["fig_surprise"], "now", "y")[1:] == pytest.approx(bits(probabilities, tokens), abs=2e-3)
    assert "fig_leak" not in figures(at)
    assert any(caption.value.startswith("every second of the last 5\n") for caption in at.caption)


def test_heads_draws_its_weights(bundled, reference) -> None:
    _, weights = reference
    at = opened("3_Heads", layer=LAYER, head=HEAD)
    drawn = real(trace(figures(at)["fig_head"], "weight", "z"))
    allowed = may_read(len(drawn)).numpy()
    assert np.isnan(drawn).tolist() == (~allowed).tolist()
    assert drawn[allowed] == pytest.approx(weights[LAYER, HEAD][allowed], abs=1e-5)


def test_mechanics_takes_a_head_apart_under_it(bundled, reference) -> None:
    _, weights = reference
    at = opened("4_Mechanics", layer=LAYER, head=HEAD)
    drawn = real(trace(figures(at)["fig_weights"], "weight", "z"))
    allowed = may_read(len(drawn)).numpy()
    assert np.isnan(drawn).tolist() == (~allowed).tolist()
    assert drawn[allowed] == pytest.approx(weights[LAYER, HEAD][allowed], abs=1e-5)


def greedy(tiny: LoadedModel, new: int) -> list[int]:
    """Return the next `new` tokens of the first sentence, the whole text read anew at each step."""
    text = list(tiny.tokenizer(TEXTS[0])["input_ids"])
    for _ in range(new):
        logs = gpt2_by_hand(tiny.model, text, may_read(len(text)))[0][-1]
        best = logs.topk(2)
        assert best.values[0] - best.values[1] > 1e-3, "the text must not hang on the last bits"
        text.append(int(best.indices[0]))
    return text[-new:]


def test_a_text_grows_under_it(tiny: LoadedModel, dilated: MaskSpec) -> None:
    lane = lane_of(tiny, TEXTS[0], MaskPolicy(spec=dilated))
    assert ids(grown(tiny, [lane], 6)[0]) == greedy(tiny, 6)


def test_generate_grows_its_texts_under_it(tiny: LoadedModel) -> None:
    at = opened("5_Generate", temperature=0.0, max_new_tokens=4)
    run = at.session_state["_generate"].run
    assert run.job.wait(60)
    assert [step.token_id for step in run.rows()[0]] == greedy(tiny, 4)
    assert run.request.policy.spec.pattern == "dilated"


def executed(code: str) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "snippet", "exec"), {})
    return out.getvalue().splitlines()


def test_its_code_prints_the_mask_the_head_and_the_next_words(tiny, dilated, reference) -> None:
    probabilities, weights = reference
    T, best = len(probabilities), np.sort(probabilities[-1])[:-6:-1]
    lines = executed(mask_code(tiny.entry, TEXTS, dilated, side="left"))
    visible = np.array(ast.literal_eval(lines[0].removeprefix("visible ")))
    assert real(visible).tolist() == may_read(T).float().tolist()
    assert [float(line.split()[-1]) for line in lines if line.startswith("next")] == pytest.approx(best, abs=1e-4)
    head = executed(head_code(tiny.entry, TEXTS, dilated, side="left", layer=LAYER, head=HEAD))
    printed = real(np.array([[float(cell) for cell in line.split()] for line in head]))
    assert printed[may_read(T).numpy()] == pytest.approx(weights[LAYER, HEAD][may_read(T).numpy()], abs=1e-5)
    lines = executed(hiding_code(tiny.entry, encode(tiny.tokenizer, TEXTS), dilated))
    (after,) = [line.removeprefix("after ") for line in lines if line.startswith("after ")]
    assert [probability for _, probability in ast.literal_eval(after)] == pytest.approx(best, abs=1e-4)
