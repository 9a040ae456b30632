"""An area covers the cells of its cause, each once, in few nodes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.base.hatching import REASONS, outlines, spans
from viz.base.theme import PALETTES


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
    for merged in (False, True):
        x, y = outlines(cells, 0.02, merged=merged)
        np.testing.assert_array_equal(covered(x, y, tokens), cells)
    assert len(outlines(causal(1024), 0, merged=True)[0]) <= 6 * 1024


def test_the_runs_of_a_row_are_its_stretches_of_blocked_cells():
    assert spans(np.array([True, True, False, True])) == [(0, 1), (3, 3)]
    assert spans(np.zeros(3, bool)) == []


def test_each_cause_that_has_a_look_has_a_reason():
    assert all(palette.causes.keys() == REASONS.keys() for palette in PALETTES.values())
