"""The loss of each word."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT
from viz.mechanics.token_loss import word_losses


def test_the_loss_leaves_out_pads_and_the_first_word() -> None:
    bits = np.array([np.nan, 9.0, 2.0, 4.0])
    counts = np.array([False, False, True, True])
    figure = word_losses(bits, labels=("pad", "a", "b", "c"), counts=counts, mean=3.0, palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["loss"].y) == [2.0, 4.0]
    assert list(traces["left out"].x) == [0, 1]
    assert [custom[2] for custom in traces["loss"].customdata] == ["25 %", "6.2 %"]
    assert figure.layout.yaxis2.range[1] == pytest.approx(figure.layout.yaxis.range[1] * np.log(2))
