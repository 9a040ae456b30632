"""Repetition and surprise of two texts over the steps: shares above, running means below."""

from __future__ import annotations

import pytest

from viz.base.theme import LIGHT
from viz.generate.beam_repeats import beam_repeats


def test_shares_stand_above_and_the_mean_surprise_so_far_below():
    shares = {"beam": {2: [0.0, 0.0, 0.5], 4: [0.0, 0.0, 0.0]}, "sampled": {2: [0.0, 0.0, 0.0], 4: [0.0, 0.0, 0.0]}}
    figure = beam_repeats(shares, {"beam": [3.0, 1.0, 2.0], "sampled": [4.0, 8.0, 6.0]}, palette=LIGHT)
    found = {trace.name: trace for trace in figure.data}
    assert list(found["beam: 2-grams"].y) == [0.0, 0.0, 0.5]
    assert list(found["beam: surprise"].y) == pytest.approx([3.0, 2.0, 2.0])
    assert list(found["sampled: surprise"].y) == pytest.approx([4.0, 6.0, 6.0])
    assert {found[name].yaxis for name in found if "surprise" in name} == {"y2"}
    assert found["beam: 2-grams"].line.color != found["sampled: 2-grams"].line.color
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["beam", "sampled"]
