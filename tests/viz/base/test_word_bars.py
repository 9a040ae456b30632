"""Next words as bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viz.base.sizes import hall
from viz.base.theme import DARK, LIGHT
from viz.base.word_bars import word_bars


def test_bars_carry_the_chances_in_percent_and_the_axis_always_ends_at_100() -> None:
    figure = word_bars(["␣head", "␣fist"], [0.9, 0.01], palette=LIGHT)
    assert [trace.name for trace in figure.data] == ["now"]
    np.testing.assert_allclose(figure.data[0].x, [90, 1])
    assert tuple(figure.layout.xaxis.range) == (0, 100)


def test_a_change_is_drawn_before_and_after() -> None:
    figure = word_bars(["a", "b"], [0.1, 0.2], before=[0.7, 0.0], palette=DARK)
    assert [trace.name for trace in figure.data] == ["before", "now"]
    assert [note.text for note in figure.layout.annotations] == [
        "10\xa0%, was 70\xa0%",
        "20\xa0%<br>was 0\xa0%",
        "probability now; pale: before",
    ]


def test_the_heading_and_the_hover_name_what_pale_bars_are_where_that_is_no_before() -> None:
    figure = word_bars(["a"], [0.1], before=[0.2], compared="causal", palette=LIGHT)
    assert figure.layout.annotations[-1].text == "probability now; pale: causal"
    assert figure.data[0].hovertext == ("20\xa0% causal",)


def test_the_hover_shows_the_number_that_stands_at_the_bar() -> None:
    figure = word_bars(["a"], [0.00043], before=[0.5], palette=LIGHT)
    note, _ = figure.layout.annotations
    assert [trace.hovertext[0] for trace in figure.data] == ["50\xa0% before", "0.043\xa0%"]
    assert note.text == "0.043\xa0%<br>was 50\xa0%"


def test_the_number_of_a_long_bar_stands_inside_it() -> None:
    long, short, _ = word_bars(["a", "b"], [0.9, 0.1], palette=LIGHT).layout.annotations
    assert (long.xanchor, short.xanchor) == ("right", "left")


@pytest.mark.parametrize("sizes", [LIGHT.sizes, hall(1280)], ids=["screen", "hall"])
def test_both_numbers_stand_on_lines_of_their_own_however_short_the_bar(sizes) -> None:
    palette = replace(LIGHT, sizes=sizes)
    notes = word_bars(["a", "b"], [0.05, 0.0003], before=[0.001, 0.14], palette=palette).layout.annotations[:2]
    assert [note.text.count("<br>") for note in notes] == [1, 1]


def test_a_number_never_stands_half_over_the_solid_bar() -> None:
    over_pale, inside, _ = word_bars(["a", "b"], [0.4, 0.6], before=[0.6, 0.9], palette=LIGHT).layout.annotations
    assert [(note.x, note.xanchor) for note in (over_pale, inside)] == [(40, "left"), (60, "right")]


def test_what_stands_on_a_bar_is_one_line_since_two_are_higher_than_it() -> None:
    over_pale, inside, behind, _ = word_bars(
        ["a", "b", "c"], [0.01, 0.6, 0.3], before=[0.9, 0.1, 0.2], palette=LIGHT
    ).layout.annotations
    assert ["<br>" in note.text for note in (over_pale, inside, behind)] == [False, False, True]


def test_words_are_shown_as_text_whatever_they_hold() -> None:
    figure = word_bars(["<b>x</b>&"], [0.5], palette=LIGHT)
    assert figure.layout.yaxis.ticktext[0].strip() == "&lt;b&gt;x&lt;/b&gt;&amp;"


def test_the_last_word_names_its_rank_where_others_are_left_out_before_it() -> None:
    near, far = (
        word_bars(["a", "b"], [0.5, 0.1], last_rank=rank, palette=LIGHT).layout.yaxis.ticktext for rank in (2, 8)
    )
    assert ["<br>" in name and "rank 8 " in name for name in (*near, *far)] == [False, False, False, True]
