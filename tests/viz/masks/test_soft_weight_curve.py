"""The share that a key keeps over the bias on its score."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT
from viz.masks.soft_weight_curve import soft_weight_curve


def test_the_curve_marks_the_chosen_weight_at_its_logarithm() -> None:
    figure = soft_weight_curve(
        [-1.0, 0.0], [0.2, 0.4], dots=[(1.0, 0.4), (0.5, 0.25)], weight=0.5, measured=0.25, full=0.4, palette=LIGHT
    )
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["share"].y) == [20, 40]
    assert list(traces["model"].x) == pytest.approx([0, np.log(0.5)])
    assert (traces["now"].x[0], traces["now"].y[0]) == pytest.approx((np.log(0.5), 25))
    assert traces["plain"].y[0] == pytest.approx(40 * np.exp(-1))


def test_the_curve_at_weight_0_has_no_logarithm_to_mark() -> None:
    figure = soft_weight_curve(
        [-1.0, 0.0], [0.2, 0.4], dots=[(1.0, 0.4)], weight=0.0, measured=0.0, full=0.4, palette=LIGHT
    )
    assert "now" not in {trace.name for trace in figure.data}


def test_the_hover_shows_the_number_that_stands_at_the_dot() -> None:
    figure = soft_weight_curve([0.0], [0.4], dots=[(1.0, 0.4)], weight=0.5, measured=0.0062, full=0.4, palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert (traces["now"].text[0], traces["now"].customdata[0]) == ("<b>0.62\xa0%</b>", "0.62\xa0%")
    assert list(traces["model"].customdata) == ["40\xa0%"]
