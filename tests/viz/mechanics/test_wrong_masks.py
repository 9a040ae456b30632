"""Wrong ways to apply a mask: each row as one bar that should fill its frame."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT
from viz.mechanics.wrong_masks import wrong_masks


def test_wrong_masks_stack_what_lies_where_within_a_frame_of_one() -> None:
    parts = {"allowed": np.array([0.5, 1.0]), "causal": np.array([0.5, 0.0]), "padding": np.zeros(2)}
    figure = wrong_masks([parts], titles=[("zero", "leaks 25%")], labels=("a", "b"), lit=0, palette=LIGHT)
    assert [trace.name for trace in figure.data] == ["allowed", "blocked: comes later"]
    assert figure.layout.barmode == "stack"


def test_each_row_says_its_sum_where_it_does_not_fill_the_frame_of_many_the_lit_one_alone() -> None:
    panels = [{"allowed": np.array([1.0, 0.5]), "causal": np.array([0.0, 0.5])}, {"allowed": np.array([0.3, 0.7248])}]
    figure = wrong_masks(panels, titles=[("a", ""), ("b", "")], labels=("a", "b"), lit=1, palette=LIGHT)
    sums = [(note.text, note.xref, note.y) for note in figure.layout.annotations if note.yref == "y"]
    assert sums == [("0.30", "x2", 0), ("0.72", "x2", 1)]
    many = wrong_masks([{"allowed": np.full(40, 0.3)}], titles=[("a", "")], labels=["a"] * 40, lit=7, palette=LIGHT)
    assert [note.y for note in many.layout.annotations if note.yref == "y"] == [7]


def test_the_frame_of_the_lit_row_ends_with_the_last_panel() -> None:
    panel = {"allowed": np.ones(2)}
    figure = wrong_masks([panel] * 4, titles=[("zero", "")] * 4, labels=("a", "b"), lit=1, palette=LIGHT)
    (lit,) = [shape for shape in figure.layout.shapes if shape.xref == "paper"]
    assert (lit.x0, lit.x1) == pytest.approx((0, figure.layout.xaxis4.domain[1]))
