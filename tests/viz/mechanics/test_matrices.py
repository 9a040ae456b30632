"""Matrices of one head: blocked cells lie under their cause, and their hover has what they hold."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from viz.base.theme import LIGHT
from viz.mechanics import matrices

TINY = float(np.finfo(np.float32).min)
BLOCKED = {"padding": np.array([[True, False]] * 2), "causal": np.array([[False, True], [False, False]])}
VALUES = np.array([[1.0, -2.0], [3.0, 4.0]])


def named(figure: go.Figure, name: str) -> BaseTraceType:
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def test_matrices_block_by_cause_and_hold_what_the_cell_holds_in_its_hover() -> None:
    nothing = {cause: cells & False for cause, cells in BLOCKED.items()}
    shared = {"labels": ("a", "b"), "lit": (1, 0), "palette": LIGHT}
    plain = matrices.scores(VALUES, causes=nothing, **shared)
    assert plain.data[0].name == "score"
    assert np.array_equal(plain.data[0].z, VALUES)
    masked = matrices.scores(VALUES, causes=BLOCKED, held=np.full((2, 2), TINY), **shared)
    assert np.isnan(masked.data[0].z).tolist() == [[True, True], [True, False]]
    told = masked.data[0].hovertext[0][1]
    assert told == "<b>a</b> may not read <b>b</b>: it comes later<br>score −3.40282347e+38"
    weights = matrices.weights(np.array([[0.0, 0.0], [0.0, 1.0]]), causes=BLOCKED, **shared)
    assert weights.data[0].name == "weight"
    assert (weights.data[0].zmin, weights.data[0].zmax) == (0, 1)


def test_rows_as_keys_transpose_the_matrix_its_marks_and_the_lit_row() -> None:
    nothing = {"causal": np.zeros((2, 2), bool)}
    shared = {"labels": ("a", "b"), "lit": (1, 0), "palette": LIGHT, "causes": nothing}
    plain, turned = (matrices.scores(VALUES, rows=rows, **shared) for rows in ("queries", "keys"))
    assert np.array_equal(turned.data[0].z, VALUES.T)
    assert turned.data[0].hovertext[0][1] == plain.data[0].hovertext[1][0] == "<b>b</b> reads <b>a</b><br>score 3"
    (lit, cell), (lit_turned, cell_turned) = plain.layout.shapes, turned.layout.shapes
    assert (lit.y0, lit.x0, lit.x1) == (lit_turned.x0, lit_turned.y0, lit_turned.y1) == (0.5, -0.5, 1.5)
    assert (cell.x0, cell.y0) == (cell_turned.y0, cell_turned.x0) == (-0.5, 0.5)


def test_a_weight_that_is_not_a_number_is_written_as_such() -> None:
    values = np.array([[np.nan, np.nan], [0.5, 0.5]])
    blocked = {"causal": np.array([[False, True], [False, False]])}
    for rows, at in (("queries", (0, 0)), ("keys", (0, 0))):
        figure = matrices.weights(values, labels=("a", "b"), causes=blocked, lit=None, rows=rows, palette=LIGHT)
        lost = named(figure, "not a number")
        assert (list(lost.y), list(lost.x)) == ([at[0]], [at[1]])
        assert not figure.layout.shapes


def test_all_numbers_of_a_matrix_have_the_size_at_which_the_longest_fits() -> None:
    values = np.array([[1.0, -12345.0], [0.0, 0.0]])
    figure = matrices.scores(values, labels=("a", "b"), causes={}, lit=(0, 0), palette=LIGHT)
    numbers = named(figure, "numbers")
    assert list(numbers.text) == ["1.0", "−12,000", "0", "0"]
    assert isinstance(numbers.textfont.size, int)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-12345, 12345)
