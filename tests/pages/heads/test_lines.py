"""What the lines of a head send to the browser: the weights worth drawing, the blocked cells, short labels."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formatting import percent
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from pages.common.components.lines import LEAST, MOST, lines_data
from viz.base.theme import DARK, LIGHT

CAUSAL = np.triu(np.ones((3, 3), bool), 1)


def sent(weights: Any, labels: list[str] | None = None, **causes: np.ndarray) -> dict[str, Any]:
    """Return the data of `weights`, which must travel as JSON and come back as it was."""
    weights = np.asarray(weights)
    names = labels or [f"t{i}" for i in range(len(weights))]
    data = lines_data(names, weights, palette=LIGHT, label="a head", causes=causes)
    assert json.loads(json.dumps(data)) == data
    return data


def test_lines_are_query_key_and_weight_to_four_digits_the_weakest_first() -> None:
    data = sent([[1.0, 0.0], [0.123456, 0.876544]])
    assert data["lines"] == [[1, 0, 0.1235], [1, 1, 0.8765], [0, 0, 1.0]]
    assert data["left_out"] == ""


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_weight_of_one_percent_is_drawn_and_a_smaller_one_is_told_of(dtype: type) -> None:
    assert sent(np.array([[LEAST]], dtype))["lines"] == [[0, 0, 0.01]]
    below = sent(np.array([[0.00998]], dtype))
    assert below["lines"] == []
    assert f"{100 * LEAST:g} %" in below["left_out"]


def test_nan_and_zero_are_nothing_and_nothing_is_said_of_them() -> None:
    data = sent([[1.0, np.nan], [np.nan, 0.0]])
    assert data["lines"] == [[0, 0, 1.0]]
    assert data["left_out"] == ""


def test_blocked_cells_get_no_line_and_travel_as_runs() -> None:
    hand = np.array([[0, 0, 0], [0, 0, 0], [1, 0, 1]], bool)
    data = sent(np.full((3, 3), 0.5), causal=CAUSAL, hand=hand)
    assert data["blocked"] == [[0, 1, 2], [1, 2, 2], [2, 0, 0], [2, 2, 2]]
    assert [line[:2] for line in data["lines"]] == [[2, 1], [1, 1], [1, 0], [0, 0]]
    assert data["left_out"] == ""


def test_queries_and_keys_that_are_blocked_throughout_are_quiet() -> None:
    pad = np.zeros((3, 3), bool)
    pad[:, 0] = True
    assert sent(np.full((3, 3), 0.5), padding=pad, causal=CAUSAL)["quiet"] == [[0], [0]]
    assert sent(np.full((3, 3), 0.5), causal=CAUSAL)["quiet"] == [[], []]


def test_the_most_lines_are_the_largest_and_the_rest_is_told_of() -> None:
    weights = np.random.default_rng(0).uniform(0.02, 1, (80, 80))
    data = sent(weights)
    assert len(data["lines"]) == MOST
    smallest = np.sort(weights.ravel())[-MOST]
    assert data["lines"][0][2] == round(smallest, 4)
    assert f"{MOST:,}" in data["left_out"]
    assert percent(smallest) in data["left_out"]


def test_one_token_reads_itself() -> None:
    data = sent([[1.0]], labels=["I"])
    assert (data["tokens"], data["lines"], data["blocked"], data["quiet"]) == (["I"], [[0, 0, 1.0]], [], [[], []])


def test_labels_keep_their_text_and_long_ones_are_shortened_with_the_whole_as_title() -> None:
    labels = ["<b>x</b>", "the", "the", "incomprehensibilities", "漢字漢字漢字漢字"]
    data = sent(np.eye(5), labels=labels)
    assert data["tokens"] == ["<b>x</b>", "the", "the", "incomprehens…", "漢字漢字漢字…"]
    assert data["titles"] == ["", "", "", "incomprehensibilities", "漢字漢字漢字漢字"]


@pytest.mark.parametrize(
    ("tokens", "size", "row"), [(30, "large", 30), (31, "text", 30), (64, "text", 30), (65, "dense", 18)]
)
def test_rows_and_type_follow_the_number_of_tokens(tokens: int, size: str, row: int) -> None:
    data = sent(np.eye(tokens))
    assert (data["size"], data["row"]) == (size, row)


def test_the_colours_are_those_of_the_palette() -> None:
    light, dark = (lines_data(["a"], np.ones((1, 1)), palette=each, label="")["colours"] for each in (LIGHT, DARK))
    assert light["stroke"] in LIGHT.ramp[-3:]
    assert dark["stroke"] in DARK.ramp[-3:]
    assert (light["accent"], dark["accent"]) == (LIGHT.accent, DARK.accent)


def test_what_does_not_fit_together_is_refused_with_both_sizes() -> None:
    with pytest.raises(ValueError, match=r"weights has the shape \(2, 3\), but 2 labels need \(2, 2\)"):
        lines_data(["a", "b"], np.ones((2, 3)), palette=LIGHT, label="")
    with pytest.raises(ValueError, match=r"causal has the shape \(3, 3\)"):
        lines_data(["a", "b"], np.ones((2, 2)), palette=LIGHT, label="", causes={"causal": CAUSAL})


def test_the_weights_and_causes_given_stay_as_they_were(tiny, mission) -> None:
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))[2]
    weights = maps.weights[3, 3]
    data = lines_data(mission.labels(2), weights, palette=LIGHT, label="", causes=maps.causes)  # read-only arrays
    for query, key, weight in data["lines"]:
        assert weight == round(float(weights[query, key]), 4)
        assert not maps.cause[query, key]
    assert data["quiet"] == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_runs_hold_exactly_the_blocked_cells(cells: list[list[bool]]) -> None:
    blocked = np.array(cells)
    told = np.zeros_like(blocked)
    for query, first, last in sent(np.full(blocked.shape, 0.5), hand=blocked)["blocked"]:
        assert not told[query, first : last + 1].any()
        told[query, first : last + 1] = True
    assert (told == blocked).all()
