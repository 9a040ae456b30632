"""Small plots stand in lines of two, each under its title."""

from __future__ import annotations

import plotly.graph_objects as go

from viz.base.panels import bold, counted, heading, lines_of, one_above_other, place
from viz.base.theme import LIGHT


def test_panels_fill_lines_from_the_left() -> None:
    places = [place(number) for number in range(3)]
    assert [(axis, line) for axis, _, line in places] == [("", 0), ("2", 0), ("3", 1)]
    assert places[0][1] == places[2][1]
    assert places[0][1][1] < places[1][1][0]
    assert [lines_of([None] * count) for count in (0, 1, 2, 3)] == [0, 1, 1, 2]


def test_an_axis_of_counts_has_at_most_ten_whole_steps() -> None:
    assert [counted("step", 1, last, LIGHT, pad=(0, 0))["dtick"] for last in (1, 10, 11, 100)] == [1, 1, 2, 10]
    assert counted("step", 1, 9, LIGHT, pad=(0.5, 1.5))["range"] == [0.5, 10.5]


def test_two_panels_share_one_axis_and_are_headed() -> None:
    figure = go.Figure()
    one_above_other(
        figure,
        LIGHT,
        across={"range": [0, 1]},
        upper=("up", {"domain": [0.6, 1]}),
        lower=("down", {"domain": [0, 0.4]}),
    )
    assert [(note.text, note.y) for note in figure.layout.annotations] == [("up", 1), ("down", 0.4)]
    assert (figure.layout.xaxis.anchor, figure.layout.yaxis2.anchor) == ("y2", "x")


def test_a_title_is_bold_and_plain_text() -> None:
    assert heading(bold("<i>"), LIGHT, y=1)["text"] == "<b>&lt;i&gt;</b>"
