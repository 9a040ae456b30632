"""The trade-off has one line per way in each panel, its words escaped in the hover."""

from __future__ import annotations

import numpy as np

from viz.base.theme import LIGHT
from viz.masks.ablation_curve import Curve, ablation_curve


def test_each_way_is_one_line_per_panel_in_percent_and_in_bits():
    one = Curve(change=np.array([0, 0.25, np.nan]), bits=np.array([3.0, 5, 1]), words=["<b>", "cat"])
    other = Curve(change=np.array([0, 0.5, 1]), bits=np.array([3.0, 2, 1]), words=["cat", "<b>"])
    figure = ablation_curve({"on": one, "back": other}, palette=LIGHT)
    assert [(trace.name, trace.meta, trace.yaxis) for trace in figure.data] == [
        ("on", "change", "y"),
        ("on", "bits", "y2"),
        ("back", "change", "y"),
        ("back", "bits", "y2"),
    ]
    np.testing.assert_array_equal(figure.data[0].y, [0, 25, np.nan])
    np.testing.assert_array_equal(figure.data[3].y, [3, 2, 1])
    assert figure.data[0].customdata[1] == "and “&lt;b&gt;”"
    assert len({trace.line.dash for trace in figure.data}) == 2  # told apart without colour
