"""Each step of a text: its uncertainty, and what its filters leave."""

from __future__ import annotations

from viz.base.theme import LIGHT
from viz.generate.over_steps import over_steps


def test_steps_have_two_panels_and_mark_the_one_in_view():
    kept = {"top-k": [50, 50, 50], "top-p": [30, 5, 1]}
    figure = over_steps(
        ["a", "b", "c"], before=[3, 2, 1], after=[2, 1, 0], kept=kept, filters=list(kept), chosen=1, palette=LIGHT
    )
    found = {trace.meta: (trace.yaxis, list(trace.y)) for trace in figure.data}
    assert found["before"] == ("y", [3, 2, 1])
    assert found["left by top-p"] == ("y2", [30, 5, 1])
    assert {shape.x0 for shape in figure.layout.shapes} == {2}
