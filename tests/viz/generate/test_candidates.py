"""The candidates of a step as bars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from viz.base.theme import DARK, LIGHT, Palette, luminance
from viz.generate.candidates import Bar, fig_candidates, probability_colour

BARS = (
    Bar(label="␣sun", token_id=5, rank=1, before=0.5, after=0.6, outcome="kept"),
    Bar(label="<b>&", token_id=9, rank=2, before=0.3, after=0.4, outcome="drawn"),
    Bar(label="␣sun", token_id=7, rank=51, before=0.001, after=0.0, outcome="cut", by="top-k"),
)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_each_outcome_is_a_trace_with_chances_before_and_after(palette: Palette) -> None:
    traces = {trace.name: trace for trace in fig_candidates(BARS, palette).data}
    assert {"drawn", "kept", "cut", "drawn after", "kept after"} <= set(traces)
    assert list(traces["drawn"].x) == [0.3]
    assert list(traces["drawn after"].x) == [0.4]
    assert list(traces["cut"].x) == [0.001]
    assert list(traces["cut"].customdata[0]) == [7, 51, 0.001, 0.0, "top-k"]
    assert traces["drawn after"].marker.color == palette.accent


def test_words_stand_in_rows_of_their_own_as_they_are_and_a_gap_in_the_ranks_is_marked() -> None:
    labels = fig_candidates(BARS, LIGHT).layout.yaxis.ticktext
    assert len(labels) == 3
    assert labels[0] == "␣sun"
    assert "&lt;b&gt;&amp;" in labels[1]
    assert "rank 51 " in labels[2]


def test_a_line_between_two_rows_says_how_many_ranks_are_left_out_there() -> None:
    (line,) = fig_candidates(BARS, LIGHT).layout.shapes
    assert (line.y0, line.y1) == (1.5, 1.5)
    assert "48" in line.label.text  # ranks 3 to 50


def test_what_cut_a_word_is_written_at_its_bar() -> None:
    values = next(trace for trace in fig_candidates(BARS, LIGHT).data if trace.name == "value")
    assert [text.strip() for text in values.text] == [
        "50\xa0% → 60\xa0%",
        "30\xa0% → 40\xa0%",
        "0.10\xa0%  cut by top-k",
    ]


def test_a_cut_word_has_a_hatch_and_an_outline_that_shows_however_short_its_bar_is() -> None:
    markers = {trace.name: trace.marker for trace in fig_candidates(BARS, LIGHT).data}
    assert markers["cut"].pattern.shape
    assert markers["cut"].line.width > markers["kept"].line.width


def test_the_key_names_only_what_the_picture_has() -> None:
    def key(*bars: Bar, taken: bool = False) -> str:
        (note,) = fig_candidates(bars, LIGHT, taken=taken).layout.annotations
        return str(note.text)

    assert [sign in key(*BARS) for sign in ("▨", LIGHT.accent, LIGHT.pale)] == [True] * 3
    assert [sign in key(*BARS[:2]) for sign in ("▨", LIGHT.accent, LIGHT.pale)] == [False, True, True]
    assert LIGHT.accent not in key(BARS[0])


def test_without_a_filter_a_word_has_one_bar_and_one_number() -> None:
    bars = [
        replace(bar, outcome=outcome, after=bar.before)
        for bar, outcome in zip(BARS[:2], ("kept", "drawn"), strict=True)
    ]
    figure = fig_candidates(bars, LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert [text.strip() for text in traces["value"].text] == ["50\xa0%", "30\xa0%"]
    assert traces["kept after"].width is None  # as wide as the bar that it covers
    assert list(traces["drawn after"].x) == [0.3]
    assert LIGHT.pale not in figure.layout.annotations[0].text


def test_a_ban_is_written_with_its_reason_and_a_penalty_beside_what_cut() -> None:
    bars = (
        Bar(label="a", token_id=1, rank=1, before=0.5, after=0.0, outcome="cut", by="no-repeat", why="banned: <x>"),
        Bar(label="b", token_id=2, rank=2, before=0.2, after=0.0, outcome="cut", by="top-k", note="penalised"),
        Bar(label="c", token_id=3, rank=3, before=0.3, after=1.0, outcome="drawn", note="penalised"),
    )
    values = next(trace for trace in fig_candidates(bars, LIGHT).data if trace.name == "value")
    assert [text.strip() for text in values.text] == [
        "50\xa0%  banned: &lt;x&gt;",
        "20\xa0%  cut by top-k  penalised",
        "30\xa0% → 100\xa0%  penalised",
    ]


def test_the_hover_shows_the_numbers_that_stand_at_the_bar() -> None:
    (cut,) = [trace for trace in fig_candidates(BARS, LIGHT).data if trace.name == "cut"]
    assert cut.hovertext[0].split("<br>")[1:3] == ["rank 51", "0.10\xa0% of the probability before the filters"]


def test_a_single_candidate_and_none_at_all_are_drawn() -> None:
    assert len(fig_candidates(BARS[:1], LIGHT).layout.yaxis.ticktext) == 1
    assert len(fig_candidates((), LIGHT).layout.yaxis.ticktext) == 0


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("probability", [0.0, 0.01, 0.3, 1.0])
def test_text_stays_readable_on_the_colour_of_any_chance(palette: Palette, probability: float) -> None:
    """Contrast by WCAG 2.2's formula, at least 4.5:1."""
    background = probability_colour(probability, palette)
    bright, dim = sorted((luminance(background), luminance(palette.text)), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5
