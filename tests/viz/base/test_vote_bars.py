"""What a class chose, as bars."""

from __future__ import annotations

import pytest

from viz.base.theme import DARK, LIGHT
from viz.base.vote_bars import vote_bars


def test_bars_carry_the_counts_and_the_longest_fills_the_width() -> None:
    figure = vote_bars(["yes", "no"], [3, 12], right=None, palette=LIGHT)
    (votes,) = figure.select_traces({"name": "votes"})
    assert list(votes.x) == [3, 12]
    assert tuple(figure.layout.xaxis.range) == (0, 12)
    assert [note.text for note in figure.layout.annotations] == ["1  yes", "3", "2  no", "12"]


def test_the_right_answer_is_marked_by_more_than_a_colour() -> None:
    figure = vote_bars(["yes", "no"], [3, 12], right=0, palette=DARK)
    assert figure.layout.annotations[0].text == "<b>✓ 1  yes</b>"
    assert figure.layout.annotations[2].text == "2  no"


def test_nobody_voted() -> None:
    figure = vote_bars(["yes", "no"], [0, 0], right=None, palette=LIGHT)
    assert tuple(figure.layout.xaxis.range) == (0, 1)
    assert figure.layout.annotations[1].text == "0"


@pytest.mark.parametrize("text", ["word " * 60, "x" * 300])
def test_a_long_choice_is_broken_into_lines_and_cut(text: str) -> None:
    short = vote_bars(["yes", "no"], [1, 1], right=None, palette=LIGHT)
    long = vote_bars([text, "no"], [1, 1], right=None, palette=LIGHT)
    lines = long.layout.annotations[0].text.split("<br>")
    assert len(lines) == 3
    assert max(map(len, lines)) <= 39
    assert lines[-1].endswith("…")
    assert long.layout.height > short.layout.height


def test_choices_are_shown_as_text_whatever_they_hold() -> None:
    figure = vote_bars(["<b>x</b>&", "no"], [1, 1], right=None, palette=LIGHT)
    assert figure.layout.annotations[0].text.endswith("&lt;b&gt;x&lt;/b&gt;&amp;")
