"""The page of all heads holds the weights it was given, whatever the text, in about as many bytes as were told."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from viz.base.theme import PALETTES
from viz.heads.offline.page import MAX_CELLS, heads_page, page_bytes

CAUSES = ("padding", "hand", "pattern", "causal")
HOSTILE = "</script><script>alert(1)</script><!-- & {{data}} \u2028\u2029"


def softmaxed(L, H, T, seed=0):
    """Return random weights `[L, H, T, T]` under the causal mask."""
    scores = np.random.default_rng(seed).normal(0, 3, (L, H, T, T)) + np.where(causal(T), -np.inf, 0)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def causal(T):
    return np.triu(np.ones((T, T), bool), 1)


def page(weights, labels=None, causes=None, mode="light", **said):
    T = weights.shape[-1]
    found = {cause: np.zeros((T, T), bool) for cause in CAUSES} | {"causal": causal(T)} | (causes or {})
    said = {"title": "It will rain", "model": "tiny-gpt2"} | said
    return heads_page(weights, found, labels or [f"␣word{i % 50}" for i in range(T)], palette=PALETTES[mode], **said)


def carried(document):
    """Return what the page's script is given, its arrays decoded."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', document, re.S)
    data = json.loads(text)
    side = (data["cells"], data["cells"])
    data["blocked"] = np.frombuffer(base64.b64decode(data["blocked"]), np.uint8).reshape(side)
    steps = np.frombuffer(base64.b64decode(data["weights"]), "<u2").reshape(data["layers"], data["heads"], *side)
    return data | {"weights": steps / 65535}


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_weights_arrive_to_half_a_step(dtype):
    weights = softmaxed(2, 3, 9).astype(dtype)
    np.testing.assert_allclose(carried(page(weights))["weights"], weights, atol=0.5 / 65535 + 1e-7)


def test_a_blocked_cell_has_no_weight_and_tells_every_cause():
    padding = np.broadcast_to(np.arange(3) < 1, (3, 3))
    data = carried(page(np.full((1, 1, 3, 3), 1 / 3), causes={"padding": padding}))
    assert data["blocked"].tolist() == [[1, 8, 8], [1, 0, 8], [1, 0, 0]]
    assert data["weights"][0, 0, 0].tolist() == [0, 0, 0]
    assert [cause["label"] for cause in data["causes"] if cause["used"]] == ["blocked: padding", "blocked: comes later"]


@pytest.mark.parametrize("hostile", [HOSTILE, "\u2028", "&lt;b&gt;", '"\\"', "{{style}}", "\ud800"])
def test_hostile_labels_arrive_as_they_are_and_end_nothing(hostile):
    document = page(softmaxed(1, 1, 2), [hostile, "b"])
    assert carried(document)["labels"] == [hostile, "b"]
    assert document.count("<script") == document.count("</script") == 2
    assert "\u2028" not in document
    document.encode()


def test_a_hostile_title_and_model_are_text():
    document = page(softmaxed(1, 1, 2), title=HOSTILE, model="<img src=x>{{data}}")
    assert document.count("<script") == 2
    assert "<h1>&lt;/script&gt;" in document
    assert "&lt;img src=x&gt;{{data}}</p>" in document


def test_above_the_most_cells_each_is_the_largest_of_its_block():
    weights = np.zeros((1, 1, 200, 200), np.float32)
    weights[0, 0, 101, 60] = 0.5  # block (50, 30)
    weights[0, 0, 100, 61] = 0.25  # the same block
    weights[0, 0, 0, 1] = 1  # blocked, and beside cell (0, 0) of the same block
    weights[0, 0, 199, 199] = 0.75
    data = carried(page(weights))
    assert (data["pooled"], data["cells"]) == (2, 100)
    found = {
        (int(q), int(k)): round(float(data["weights"][0, 0, q, k]), 4) for q, k in np.argwhere(data["weights"][0, 0])
    }
    assert found == {(50, 30): 0.5, (99, 99): 0.75}
    np.testing.assert_array_equal(data["blocked"] > 0, causal(100))  # a block on the diagonal may be read in part


def test_the_last_block_may_be_smaller():
    weights = softmaxed(1, 1, MAX_CELLS + 1)
    data = carried(page(weights))
    assert data["cells"] == 65
    assert data["weights"][0, 0, -1, -1] == pytest.approx(weights[0, 0, -1, -1], abs=1 / 65535)


def test_one_token_and_repeated_and_long_labels():
    assert carried(page(np.ones((2, 1, 1, 1)), ["a"]))["weights"].tolist() == [[[[1.0]]], [[[1.0]]]]
    data = carried(page(softmaxed(1, 1, 3), ["the", "antidisestablishment", "the"]))
    assert data["labels"] == ["the", "antidisestablishment", "the"]
    assert data["short"] == {"1": "antidisesta…"}


def test_as_many_labels_as_tokens_are_needed():
    with pytest.raises(ValueError, match="2 labels for 3 tokens"):
        page(softmaxed(1, 1, 3), ["a", "b"])


@pytest.mark.parametrize(
    ("layers", "heads", "tokens"), [(1, 1, 1), (6, 8, 8), (12, 12, 64), (12, 12, 128), (2, 2, 300)]
)
def test_the_size_is_told_within_a_tenth(layers, heads, tokens):
    true = len(page(softmaxed(layers, heads, tokens)).encode())
    assert page_bytes(layers, heads, tokens) == pytest.approx(true, rel=0.1)


@pytest.mark.parametrize(("mode", "scheme"), [("light", "light"), ("dark", "dark")])
def test_the_page_has_its_palette_and_asks_for_nothing_else(mode, scheme):
    document = page(softmaxed(1, 1, 2), mode=mode)
    assert f"--paper: {PALETTES[mode].paper}" in document
    assert f"color-scheme: {scheme};" in document
    assert "default-src 'none'" in document
    assert not re.search(r"https?:|\bsrc=|\bhref=|@import|url\(|innerHTML|fetch\(", document)
