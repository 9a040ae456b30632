"""Settings side by side: their measures, and lines over the steps."""

from __future__ import annotations

import math

import pytest

from viz.base.theme import DARK, LIGHT
from viz.compare.metrics import Dots, measures, steps


def test_measures_show_every_text_and_leave_out_what_is_unknown() -> None:
    dots = [
        Dots(
            title="uncertainty",
            values=[[1.0, 3.0], [math.nan, 2.0]],
            means=[2.0, 2.0],
            margins=[0.5, math.nan],
            caption="a < b",
        ),
        Dots(title="tokens left", values=[[50257.0], [1.0]], means=[50257.0, 1.0], margins=[math.nan] * 2, log=True),
    ]
    figure = measures(dots, ["a", "b"], chosen=1, palette=LIGHT)
    samples, means = ([trace for trace in figure.data if trace.name == name] for name in ("samples", "mean"))
    assert list(samples[0].x) == [1.0, 3.0, 2.0]
    assert list(samples[0].y) == [0, 0, 1]
    assert list(means[0].error_x.array) == [0.5, 0]
    assert figure.layout.xaxis2.type == "log"
    assert figure.layout.xaxis2.range[1] < 5  # no mark stands at twice the vocabulary
    assert means[0].marker.color[1] == LIGHT.accent
    assert [note.hovertext for note in figure.layout.annotations] == [
        "a &lt; b",
        None,
    ]  # its definition, where there is one


@pytest.mark.parametrize("share", [False, True])
def test_an_interval_ends_within_its_panel(share: bool) -> None:
    dots = Dots(title="", values=[[0.3, 0.5], [0.1]], means=[0.4, 0.1], margins=[0.3, math.nan], share=share)
    low, high = measures([dots], ["a", "b"], chosen=0, palette=LIGHT).layout.xaxis.range
    assert low < 0.1 < 0.7 < high


def test_lines_over_the_steps_end_where_their_text_does() -> None:
    figure = steps(
        [("a", [5, 5, 5], [1.0, 1.0, 1.0]), ("b", [2], [0.5])], ringed=[None, 0], chosen=0, step=0, palette=DARK
    )
    kept = [trace for trace in figure.data if trace.name == "kept"]
    assert [list(trace.y) for trace in kept] == [[5, 5, 5], [2]]
    assert [[size > 0 for size in trace.marker.size] for trace in kept] == [[False] * 3, [True]]
    numbers = [trace for trace in figure.data if trace.name == "number" and trace.yaxis == "y"]
    assert [(*trace.text, *trace.x) for trace in numbers] == [(" 1", 1), (" 0", 3)]
    assert steps([("a", [], [])], ringed=[None], chosen=0, step=0, palette=LIGHT).data[0].name == "kept"


def test_the_axis_reaches_to_every_number_at_the_end_of_a_line() -> None:
    rows = [(str(end), [50_257, end], [1.0, 1.0]) for end in (1, 2, 3, 4, 5, 50_257)]
    figure = steps(rows, ringed=[None] * 6, chosen=0, step=0, palette=DARK)
    (numbers,) = [trace for trace in figure.data if trace.name == "number" and trace.yaxis == "y"]
    low, high = figure.layout.yaxis.range
    assert low < math.log10(min(numbers.y)) < -0.2
    assert math.log10(max(numbers.y)) < high


def test_lines_that_end_at_one_point_share_a_number_and_others_stand_apart() -> None:
    rows = [("a", [9], [1.0]), ("b", [9], [1.04]), ("c", [9], [0.5])]
    kept, bits = (
        trace
        for trace in steps(rows, ringed=[None] * 3, chosen=1, step=0, palette=LIGHT).data
        if trace.name == "number"
    )
    assert kept.text == (" 0, 1, 2",)
    assert kept.y == (9,)  # exactly: the axis of level lines is as wide as they differ
    assert kept.textfont.color == (LIGHT.accent,)
    assert bits.text == (" 0", " 1", " 2")
    assert bits.y[1] - bits.y[0] > 0.1
    many = steps([("a", [9], [1.0])] * 4, ringed=[None] * 4, chosen=0, step=0, palette=LIGHT)
    assert [trace.text for trace in many.data if trace.name == "number"] == [(" 0 +3",)] * 2
