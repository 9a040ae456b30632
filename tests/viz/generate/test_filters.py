"""What the filters of a step remove and leave: the waterfall."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT
from viz.generate.filters import WaterfallBar, waterfall

FILTERS = ("top-k", "top-p", "min-p", "typical")
STAGES = [
    WaterfallBar(title="the model", count=5, words=[0.5, 0.2], rest=0.3, gone={}),
    WaterfallBar(title="top-k 3", count=3, words=[0.5, 0.2], rest=0.2, gone={"top-k": 0.1}),
    WaterfallBar(
        title="top-p 0.7", count=2, words=[0.5, 0.0], rest=0.2, gone={"top-k": 0.1, "top-p": 0.2}, note=" · 70\xa0%"
    ),
]


def parts(figure):
    return {trace.name: list(trace.x) for trace in figure.data if trace.type == "bar"}


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_bar_of_the_waterfall_is_as_wide_as_all_chances(palette):
    found = parts(waterfall(STAGES, ["king", "<b>"], filters=FILTERS, drawn=1, palette=palette))
    assert np.sum(list(found.values()), axis=0) == pytest.approx([1, 1, 1])
    assert found["cut by top-k"] == [0, 0.1, 0.1]
    assert found["word 1"] == [0.2, 0.2, 0.0]


def test_what_is_cut_last_lies_beside_what_is_left_and_the_drawn_word_has_the_accent():
    figure = waterfall(STAGES, ["king", "<b>"], filters=FILTERS, drawn=1, palette=LIGHT)
    names = [trace.name for trace in figure.data if trace.type == "bar"]
    assert names == ["word 0", "word 1", "rest", "cut by top-p", "cut by top-k"]
    assert figure.data[1].marker.color == LIGHT.accent
    assert figure.data[0].marker.color != LIGHT.accent
    assert figure.data[1].customdata[0] == "&lt;b&gt;"


def test_a_name_stands_only_where_it_fits():
    figure = waterfall(STAGES, ["king", "a very long word"], filters=FILTERS, drawn=None, palette=LIGHT)
    assert list(figure.data[0].text) == ["king"] * 3
    assert list(figure.data[1].text) == ["2", "2", ""]  # its number in the legend


def test_the_legend_names_the_hatches_of_what_was_cut_and_nothing_else():
    bar = WaterfallBar(title="", count=1, words=[0.9], rest=0.0, gone={"top-k": 0.1, "top-p": 0.0})
    figure = waterfall([bar], ["a"], filters=FILTERS, drawn=None, palette=LIGHT)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["cut by top-k"]
    bare = waterfall(STAGES[:1], ["a"], filters=FILTERS, drawn=None, palette=LIGHT)
    assert bare.layout.height < waterfall([bar], ["a"], filters=FILTERS, drawn=None, palette=LIGHT).layout.height


def test_counts_and_notes_stand_above_the_bars():
    figure = waterfall(STAGES, ["a", "b"], filters=FILTERS, drawn=0, palette=LIGHT)
    texts = [text for trace in figure.data if trace.type == "scatter" and trace.text for text in trace.text]
    assert "2 tokens · 70\xa0%" in texts
    assert "<b>top-k 3</b>" in texts


def test_a_part_too_narrow_for_its_number_has_it_above_the_bar():
    bar = WaterfallBar(title="", count=4, words=[0.7], rest=0.0, gone={"top-k": 0.27, "top-p": 0.03}, note=" · 70\xa0%")
    figure = waterfall([bar], ["a"], filters=FILTERS, drawn=None, palette=LIGHT)
    texts = [text for trace in figure.data if trace.type == "scatter" and trace.text for text in trace.text]
    assert "4 tokens · 70\xa0%, 3.0\xa0% cut" in texts


def test_filters_are_hatched_by_their_place():
    gone = {"top-k": 0.1, "min-p": 0.1, "typical": 0.1, "greedy": 0.1}
    bar = WaterfallBar(title="", count=1, words=[0.6], rest=0.0, gone=gone)
    figure = waterfall([bar], ["a"], filters=FILTERS, drawn=None, palette=LIGHT)
    found = {trace.name: trace.marker.pattern.shape for trace in figure.data if trace.name and "cut by" in trace.name}
    assert found == {"cut by top-k": "/", "cut by min-p": ".", "cut by typical": "\\", "cut by greedy": "/"}


def test_the_share_that_was_cut_stands_on_its_hatch_though_sums_end_behind_1():
    bar = WaterfallBar(title="", count=1, words=[0.5], rest=0.20002, gone={"top-k": 0.3})
    figure = waterfall([bar], ["a"], filters=FILTERS, drawn=None, palette=LIGHT)
    (cut,) = (trace for trace in figure.data if trace.name == "cut by top-k")
    assert list(cut.text) == ["30\xa0%"]
    assert figure.layout.xaxis.range[1] > sum(trace.x[0] for trace in figure.data if trace.type == "bar")


def test_the_legend_names_the_drawn_word():
    figure = waterfall(STAGES, ["king", "<b>"], filters=FILTERS, drawn=1, palette=LIGHT)
    (drawn,) = (trace for trace in figure.data if trace.showlegend and trace.type == "scatter")
    assert drawn.name == "drawn: &lt;b&gt;"
    assert drawn.marker.color == LIGHT.accent


def test_words_whose_names_fit_in_no_bar_stand_in_the_legend_in_their_colours():
    names = ["king", "a very long word", "another long word"]
    bars = [WaterfallBar(title="", count=5, words=[0.5, 0.2, 0.1], rest=0.2, gone={})]
    figure = waterfall(bars, names, filters=FILTERS, drawn=2, palette=LIGHT)
    shown = {trace.name: trace.marker.color for trace in figure.data if trace.showlegend}
    assert list(shown) == ["2 a very long word", "3 drawn: another long word"]
    assert shown["2 a very long word"] == next(trace.marker.color for trace in figure.data if trace.name == "word 1")


def test_the_token_that_greedy_took_is_not_called_drawn():
    def names(*, taken: bool) -> str:
        figure = waterfall(STAGES, ["king", "queen"], filters=FILTERS, drawn=1, taken=taken, palette=LIGHT)
        return " ".join(str(trace.name) for trace in figure.data)

    assert "drawn" in names(taken=False)
    assert "drawn" not in names(taken=True)
