"""An area covers the cells of its cause, each once, in few nodes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.base.hatching import any_cause, area, bar_marker, entry, first_cause, path, rectangles, spans, swatch, visible
from viz.base.theme import LIGHT


def causal(tokens: int) -> np.ndarray:
    return np.triu(np.ones((tokens, tokens), bool), 1)


def covered(x: list, y: list, tokens: int) -> np.ndarray:
    """Return which cells' centres lie in the rectangles of an area, and check that none is covered twice."""
    found = np.zeros((tokens, tokens), int)
    for i in range(0, len(x), 6):
        left, right, top, bottom = (math.ceil(at) for at in (x[i], x[i + 1], y[i], y[i + 2]))
        found[top:bottom, left:right] += 1
    assert found.max(initial=0) <= 1
    return found == 1


@pytest.mark.parametrize("tokens", [1, 5, 40, 130])
@pytest.mark.parametrize("kind", ["causal", "padding", "scattered"])
def test_an_area_covers_exactly_the_cells_of_its_cause(tokens, kind):
    cells = {
        "causal": causal(tokens),
        "padding": np.broadcast_to(np.arange(tokens) < tokens // 3, (tokens, tokens)),
        "scattered": np.random.default_rng(2).random((tokens, tokens)) < 0.3,
    }[kind]
    found = area("causal", cells, LIGHT, cell=20, gap=1)
    np.testing.assert_array_equal(covered(found["x"], found["y"], tokens), cells)


def test_long_texts_are_hatched_in_runs_of_equal_rows():
    assert len(rectangles(causal(1024))) <= 1024
    assert len(rectangles(causal(5))) == 10
    assert path([(0, 1, 2, 3)], 0.1) == ([1.6, 3.4, 3.4, 1.6, 1.6, None], [-0.4, -0.4, 1.4, 1.4, -0.4, None])


def test_the_runs_of_a_row_are_its_stretches_of_blocked_cells():
    assert spans(np.array([True, True, False, True])) == [(0, 1), (3, 3)]
    assert spans(np.zeros(3, bool)) == []


def test_cells_are_nan_where_any_cause_blocks_and_floats_of_the_precision_that_they_had():
    causes = {"padding": np.array([True, False, False]), "causal": np.array([True, False, True])}
    assert any_cause(causes, (3,)).tolist() == [True, False, True]
    assert any_cause({}, (3,)).tolist() == [False] * 3
    assert {cause: cells.tolist() for cause, cells in first_cause(causes, (3,)).items()} == {
        "padding": [True, False, False],
        "causal": [False, False, True],
    }
    for given, got in ((np.float16, np.float32), (np.int16, np.float32), (np.float64, np.float64)):
        found = visible(np.ones(3, given), causes)
        assert found.dtype == got
        assert np.isnan(found).tolist() == [True, False, True]


def test_a_cause_looks_the_same_in_the_legend_in_areas_and_in_bars():
    look = LIGHT.causes["hand"]
    legend, bars = swatch("hand", LIGHT), bar_marker(look)
    hatched = area("hand", np.ones((1, 1), bool), LIGHT, cell=20, gap=1)
    assert legend["name"] == look.label
    for pattern in (legend["marker"]["pattern"], hatched["fillpattern"]):
        assert (pattern["shape"], pattern["fgcolor"], pattern["bgcolor"]) == (look.pattern, look.mark, look.tint)
    assert (bars["color"], bars["pattern"]["shape"]) == (look.tint, look.pattern)
    assert entry("soft", {"color": "#123456"}, LIGHT)["marker"]["color"] == "#123456"
