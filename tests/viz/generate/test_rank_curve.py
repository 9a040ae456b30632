"""The probabilities of all tokens over their ranks, and where each filter cuts."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT
from viz.generate.rank_curve import rank_curve

FILTERS = ("top-k", "top-p", "min-p", "typical")


def test_ranks_are_split_by_what_cut_them_and_the_line_says_how_many_are_left():
    places = np.array([1, 2, 3, 4, 5])
    probabilities = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    by = ["", "", "top-p", "top-k", "top-k"]
    figure = rank_curve(
        places, probabilities, by, list("abcde"), filters=FILTERS, left={"top-k": 3, "top-p": 2}, drawn=2, palette=LIGHT
    )
    found = {trace.name: trace for trace in figure.data if trace.name}
    assert list(found["kept"].x) == [1, 2]
    assert list(found["cut by top-k"].y) == [0.1, 0.05]
    assert (found["drawn"].x[0], found["drawn"].y[0]) == (2, pytest.approx(0.2))
    lines = [trace.text[1].strip() for trace in figure.data if trace.mode == "lines+text"]
    assert lines == ["top-p: 2 left", "top-k: 3 left"]
    heights = [np.log10(trace.y[1]) for trace in figure.data if trace.mode == "lines+text"]
    assert heights[0] - heights[1] > 0.7  # powers of ten: neither touches the other, nor the 100 % line
    assert heights[1] > 0.5
    assert figure.layout.yaxis.range[1] > heights[0]
    looks = {(trace.line.dash, trace.fillpattern.shape) for name, trace in found.items() if name != "drawn"}
    assert len({dash for dash, _ in looks}) == len({shape for _, shape in looks}) == 3  # told apart without colour


def test_a_filter_that_cuts_the_likeliest_has_a_line_at_both_its_ends():
    places, by = np.array([1, 2, 3, 4, 5]), ["typical", "", "", "top-k", "typical"]
    probabilities = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    figure = rank_curve(
        places,
        probabilities,
        by,
        list("abcde"),
        filters=FILTERS,
        left={"typical": 3, "top-k": 2},
        drawn=2,
        palette=LIGHT,
    )
    cut = [trace for trace in figure.data if trace.name == "cut by typical"]
    assert [list(trace.x) for trace in cut] == [[1], [5]]
    assert [trace.showlegend for trace in cut] == [True, False]
    lines = [(trace.x[0], trace.text[1].strip()) for trace in figure.data if trace.mode == "lines+text"]
    assert lines == [(1.5, ""), (3.5, "top-k: 2 left"), (4.5, "typical: 3 left")]


def test_one_token_alone_makes_a_picture():
    figure = rank_curve(np.array([1]), np.array([1.0]), [""], ["a"], filters=FILTERS, left={}, drawn=1, palette=DARK)
    assert [trace.name for trace in figure.data] == ["kept", "drawn"]


def test_what_bans_single_tokens_is_a_mark_and_parts_no_stretch():
    places, by = np.array([1, 2, 3, 4, 5]), ["no-repeat", "", "top-k", "no-repeat", "top-k"]
    probabilities = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    figure = rank_curve(
        places,
        probabilities,
        by,
        list("abcde"),
        filters=(*FILTERS, "no-repeat"),
        left={"top-k": 1, "no-repeat": 3},
        drawn=2,
        palette=LIGHT,
        banning=["no-repeat"],
    )
    found = {trace.name: trace for trace in figure.data if trace.name}
    assert (list(found["banned by no-repeat"].x), list(found["banned by no-repeat"].y)) == ([1, 4], [0.5, 0.1])
    assert (list(found["kept"].x), list(found["cut by top-k"].x)) == ([1, 2], [3, 4, 5])
