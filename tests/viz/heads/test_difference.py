"""Differences stand on a scale with 0 in its middle; a map without its first column keeps its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT, Palette
from viz.heads.difference import difference, without_first

LABELS = ["a", "<b>", "a"]
CAUSAL = np.triu(np.ones((3, 3), bool), 1)
WEIGHTS = np.array([[1, 0, 0], [0.9, 0.1, 0], [0.8, 0.05, 0.15]], np.float32)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_a_difference_carries_its_signed_values_and_marks_what_both_block(palette: Palette) -> None:
    values = np.where(CAUSAL, np.nan, [[0, 0, 0], [-0.5, 0.5, 0], [0.25, -0.2, -0.05]])
    figure = difference(values, limit=0.5, labels=LABELS, causes={"causal": CAUSAL}, palette=palette)
    trace = figure.data[0]
    assert trace.name == "difference"
    np.testing.assert_allclose(np.array(trace.z, float), values)
    assert (trace.zmin, trace.zmax) == (-0.5, 0.5)
    numbers = next(one for one in figure.data if one.name == "numbers")
    assert list(numbers.text) == ["0", "−0.50", "+0.50", "+0.25", "−0.20", "−0.050"]
    assert len(numbers.textfont.color) == 6
    assert "&lt;b&gt;" in trace.hovertext[1][0]
    assert trace.colorscale[1][0] == 0.5


def test_without_its_first_column_a_map_keeps_its_weights_and_stretches_its_colours() -> None:
    figure, top = without_first(WEIGHTS, labels=LABELS, causes={"causal": CAUSAL}, first=0, palette=LIGHT)
    trace = figure.data[0]
    assert top == pytest.approx(0.15)
    assert trace.zmax == pytest.approx(0.15)
    z = np.array([[np.nan if cell is None else cell for cell in row] for row in trace.z], float)
    assert np.isnan(z[:, 0]).all()
    assert z[2, 2] == pytest.approx(0.15)
    assert any(shape.x0 == -0.5 and shape.x1 == 0.5 for shape in figure.layout.shapes)


def test_nothing_left_is_drawn_too() -> None:
    figure, top = without_first(
        np.ones((1, 1), np.float32), labels=["a"], causes={"causal": np.zeros((1, 1), bool)}, first=0, palette=DARK
    )
    assert top == 1.0
    assert figure.data[0].name == "weight"
