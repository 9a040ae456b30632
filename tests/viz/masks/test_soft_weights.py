"""Attention under several ways to soften a word."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT
from viz.masks.soft_weights import soft_weights, two_digits

NAMES = ["no mask", "today", "formula", "log"]


@pytest.mark.parametrize("T", [1, 3, 17, 128])
def test_ways_draw_one_row_per_way_and_one_column_per_token(T: int) -> None:
    rows = np.full((4, T), 1 / T)
    figure = soft_weights(rows, labels=["the"] * T, names=NAMES, chosen=[T - 1], palette=LIGHT)
    assert figure.data[0].name == "weight"
    assert np.array_equal(figure.data[0].z, rows)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    assert len(figure.layout.xaxis.ticktext) == T
    assert len(figure.layout.shapes) == 1
    assert len(figure.layout.annotations) == (4 * T if T <= 16 else 0)


def test_labels_of_readers_are_no_html() -> None:
    figure = soft_weights(np.ones((4, 1)), labels=["<b>&"], names=NAMES, chosen=[], palette=LIGHT)
    assert figure.layout.xaxis.ticktext == ("&lt;b&gt;&amp;",)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1e-5, "<.001"), (0.012, "0.012"), (0.0996, "0.10"), (0.5, "0.50"), (1, "1.00")]
)
def test_numbers_in_cells_take_five_characters_at_most(value: float, text: str) -> None:
    assert two_digits(value) == text
