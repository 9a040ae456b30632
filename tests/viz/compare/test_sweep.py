"""What a sweep does to each measure."""

from __future__ import annotations

import math

from viz.base.theme import LIGHT
from viz.compare.sweep import SweepPanel, sweep


def test_a_sweep_says_what_each_measure_does() -> None:
    panels = [
        SweepPanel(title="uncertainty", means=[0.0, 1.0], margins=[0.1, 0.1], trend="grows"),
        SweepPanel(title="length", means=[3.0, 3.0], margins=[math.nan] * 2, trend="undecided"),
    ]
    figure = sweep(panels, ["1", "<off>"], palette=LIGHT)
    assert ["grows" in note.text for note in figure.layout.annotations] == [True, False]
    assert figure.layout.xaxis.ticktext[1] == "&lt;off&gt;"
    assert list(figure.data[1].error_y.array) == [0, 0]


def test_intervals_and_axis_of_a_share_stay_within_0_and_1() -> None:
    panel = SweepPanel(title="distinct", means=[0.25, 0.875], margins=[0.5, 0.25], trend="grows", share=True)
    figure = sweep([panel], ["1", "2"], palette=LIGHT)
    assert list(figure.data[0].error_y.array) == [0.5, 0.125]
    assert list(figure.data[0].error_y.arrayminus) == [0.25, 0.25]
    assert figure.layout.yaxis.range == (0, 1)


def test_the_axis_of_counts_has_several_ticks_however_far_they_reach() -> None:
    reaches = ([2.0, 16.0], [1.0, 50.0], [1.0, 50_257.0])
    panels = [SweepPanel(title="left", means=means, margins=[0, 0], trend="grows", log=True) for means in reaches]
    layout = sweep(panels, ["1", "2"], palette=LIGHT).layout
    assert (layout.yaxis.dtick, layout.yaxis2.dtick, layout.yaxis3.dtick) == ("D2", 1, 2)


def test_values_that_would_touch_stand_slanted_and_shares_are_not_rounded_into_one() -> None:
    panel = SweepPanel(title="different pairs", means=[1.0] * 7, margins=[0.0] * 7, trend="stays", share=True)
    thousands, tenths = (
        sweep([panel], ticks, palette=LIGHT).layout
        for ticks in (
            ["1", "2", "5", "20", "100", "1,000", "off"],
            ["0", "0.2", "0.4", "0.6", "0.8", "0.95", "off"],
        )
    )
    assert (thousands.xaxis.tickangle, tenths.xaxis.tickangle) == (-45, 0)
    assert tenths.yaxis.tickformat == "~%"
