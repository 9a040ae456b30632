"""The loss of each word."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT
from viz.mechanics.token_loss import word_losses


def test_the_loss_leaves_out_pads_and_the_first_word_each_with_a_look_and_a_reason_of_its_own() -> None:
    bits = np.array([np.nan, 9.0, 2.0, 4.0])
    counts = np.array([False, False, True, True])
    pads = np.array([True, False, False, False])
    figure = word_losses(bits, labels=("pad", "a", "b", "c"), counts=counts, pads=pads, mean=3.0, palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["loss"].y) == [2.0, 4.0]
    assert list(traces["left out"].x) == [0]
    assert list(traces["first word"].x) == [1]
    assert (list(traces["not counted"].x), list(traces["not counted"].text)) == ([0, 1], ["none", "9.00"])
    assert traces["left out"].marker.pattern.shape
    assert not traces["first word"].marker.pattern.shape
    assert {traces[name].width for name in ("left out", "first word")} == {1}  # no gap: a ground, not a bar
    assert sum(trace.showlegend is not False for trace in figure.data) == 2
    assert [custom[2] for custom in traces["loss"].customdata] == ["25\xa0%", "6.2\xa0%"]
    assert figure.layout.yaxis2.range[1] == pytest.approx(figure.layout.yaxis.range[1] * np.log(2))
