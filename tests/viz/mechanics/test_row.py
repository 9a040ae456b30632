"""Strips, matrices and faults of one head: the traces carry the numbers, blocked is a cause and never a small number."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from viz.base.numbers import precise, signed
from viz.base.theme import DARK, LIGHT
from viz.mechanics import fill_values, matrices
from viz.mechanics.cell import chain
from viz.mechanics.row import STAGES, strips
from viz.mechanics.strips import Strips
from viz.mechanics.token_loss import word_losses
from viz.mechanics.wrong_masks import ways

LABELS = ("pad", "the", "<b>cat</b>", "the")
CAUSES = {
    "padding": np.array([True, False, False, False]),
    "causal": np.array([False, False, False, True]),
}
SCORE = np.array([1.0, -2.0, 0.5, 3.0], dtype=np.float32)
WEIGHT = np.array([0.0, 0.08, 0.92, 0.0], dtype=np.float32)
TINY = float(np.finfo(np.float32).min)


def row(**changes: object) -> Strips:
    fields: dict[str, object] = {
        "labels": LABELS,
        "causes": CAUSES,
        "score": SCORE,
        "masked": np.array([TINY, -2.0, 0.5, TINY], dtype=np.float32),
        "exp": np.array([0.0, 0.082, 1.0, 0.0]),
        "weight": WEIGHT,
        "mixed": np.outer(WEIGHT, [1.0, -2.0]).astype(np.float32),
        "output": np.array([1.0, -2.0], dtype=np.float32),
        "largest": 0.5,
        "total": 1.082,
    }
    return Strips(**(fields | changes))  # type: ignore[arg-type]


def named(figure: go.Figure, name: str) -> go.Figure:
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.2257, "0.23"),
        (-1.494, "−1.5"),
        (12.518, "13"),
        (-123.4, "−120"),
        (-10_007.2, "−10,000"),
        (TINY, "−3.4e38"),
        (-10_000.0, "−10,000"),
        (float("-inf"), "−∞"),
        (float("nan"), "NaN"),
        (0.00012, "1.2e−4"),
        (0.996, "1.0"),
    ],
)
def test_numbers_show_two_significant_figures_and_what_is_no_number(value: float, shown: str) -> None:
    assert signed(value) == shown


def test_the_hover_tells_all_figures_of_a_float32() -> None:
    assert precise(float(np.float32(0.1))) == "0.100000001"
    assert precise(float("-inf")) == "−∞"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_strips_build_up_and_keep_their_place(palette) -> None:
    drawn = [strips(row(), stage=stage, palette=palette) for stage in STAGES]
    bars = [
        [trace.name for trace in figure.data if trace.name in {"score", "masked", "exp", "weight"}] for figure in drawn
    ]
    assert bars == [["score", "masked", "exp", "weight"][:count] for count in (1, 2, 3, 4, 4)]
    assert len({figure.layout.height for figure in drawn}) == 1
    assert len({str(figure.layout.yaxis4.domain) for figure in drawn}) == 1
    assert all(len(figure.layout.annotations) == 5 for figure in drawn)


def test_scores_block_nothing_and_later_strips_hatch_each_blocked_key_by_its_cause() -> None:
    figure = strips(row(), stage="weight", palette=LIGHT)
    assert list(named(figure, "score").y) == list(SCORE)
    assert np.isnan(named(figure, "weight").y).tolist() == [True, False, False, True]
    hatched = {
        (trace.yaxis, trace.name): list(trace.x)
        for trace in figure.data
        if trace.type == "bar" and trace.marker.pattern.shape
    }
    assert hatched["y2", "blocked: padding"] == [0]
    assert hatched["y2", "blocked: comes later"] == [3]
    assert hatched["y4", "padding"] == [0]
    assert hatched["y4", "causal"] == [3]
    assert not any(axis in {"y", "y1"} for axis, _ in hatched)


def test_repeated_words_keep_their_columns_and_markup_stays_text() -> None:
    figure = strips(row(), stage="values", palette=LIGHT)
    assert list(figure.layout.xaxis.ticktext) == ["pad", "the", "&lt;b&gt;cat&lt;/…", "the"]
    assert list(named(figure, "score").hovertext)[2] == "&lt;b&gt;cat&lt;/b&gt;"
    assert named(figure, "output").z.ravel().tolist() == [1.0, -2.0]


@pytest.mark.parametrize("keys", [1, 128])
def test_strips_of_one_and_of_many_keys_can_be_drawn(keys: int) -> None:
    none = {"padding": np.zeros(keys, bool)}
    ones = np.ones(keys, np.float32)
    many = row(
        labels=["w"] * keys,
        causes=none,
        score=ones,
        masked=ones,
        exp=ones,
        weight=ones / keys,
        mixed=np.ones((keys, 2)),
    )
    figure = strips(many, stage="values", palette=LIGHT)
    assert len(named(figure, "weight").y) == keys


def test_a_row_of_nan_is_shown_as_nan() -> None:
    lost = np.full(4, np.nan)
    figure = strips(row(exp=lost, weight=lost, total=float("nan")), stage="weight", palette=LIGHT)
    assert [trace.text[:4] for trace in figure.data if trace.name == "numbers"][-1] == ("NaN",) * 4


BLOCKED = {"padding": np.array([[True, False]] * 2), "causal": np.array([[False, True], [False, False]])}
VALUES = np.array([[1.0, -2.0], [3.0, 4.0]])


def test_matrices_block_by_cause_and_hold_what_the_cell_holds_in_its_hover() -> None:
    nothing = {cause: cells & False for cause, cells in BLOCKED.items()}
    shared = {"labels": ("a", "b"), "lit": (1, 0), "palette": LIGHT}
    plain = matrices.scores(VALUES, causes=nothing, **shared)
    assert plain.data[0].name == "score"
    assert np.array_equal(plain.data[0].z, VALUES)
    masked = matrices.scores(VALUES, causes=BLOCKED, held=np.full((2, 2), TINY), **shared)
    assert np.isnan(masked.data[0].z).tolist() == [[True, True], [True, False]]
    assert (
        named(masked, "cells").hovertext[1] == "<b>a</b> may not read <b>b</b>: it comes later<br>score −3.40282347e+38"
    )
    weights = matrices.weights(np.array([[0.0, 0.0], [0.0, 1.0]]), causes=BLOCKED, **shared)
    assert weights.data[0].name == "weight"
    assert (weights.data[0].zmin, weights.data[0].zmax) == (0, 1)


def test_rows_as_keys_transpose_the_matrix_its_marks_and_the_lit_row() -> None:
    nothing = {"causal": np.zeros((2, 2), bool)}
    shared = {"labels": ("a", "b"), "lit": (1, 0), "palette": LIGHT, "causes": nothing}
    plain, turned = (matrices.scores(VALUES, rows=rows, **shared) for rows in ("queries", "keys"))
    assert np.array_equal(turned.data[0].z, VALUES.T)
    cells = named(turned, "cells")
    at = list(zip(cells.x, cells.y, cells.customdata, strict=True))
    assert all((x, y) == tuple(queried) for x, y, queried in at)
    (lit, cell), (lit_turned, cell_turned) = plain.layout.shapes, turned.layout.shapes
    assert (lit.y0, lit.x0, lit.x1) == (lit_turned.x0, lit_turned.y0, lit_turned.y1) == (0.5, -0.5, 1.5)
    assert (cell.x0, cell.y0) == (cell_turned.y0, cell_turned.x0) == (-0.5, 0.5)


def test_above_48_tokens_the_lit_row_and_column_alone_can_be_clicked() -> None:
    T = 60
    figure = matrices.weights(
        np.full((T, T), 1 / T), labels=["w"] * T, causes={"causal": np.zeros((T, T), bool)}, lit=(5, 7), palette=LIGHT
    )
    assert len(named(figure, "cells").x) == 2 * T - 1


def test_the_microscope_shows_every_product_and_every_step() -> None:
    figure = chain(
        np.array([1.0, -3.0]), steps=[("q·k", -2.0), ("plus the mask", TINY), ("weight", 0.0)], palette=LIGHT
    )
    assert list(named(figure, "products").y) == [1.0, -3.0]
    assert list(named(figure, "steps").text) == ["−2.0", "−3.4e38", "0"]
    assert named(figure, "steps").customdata[1] == "−3.40282347e+38"


def test_nan_is_written_as_nan_in_fates_and_counted_in_the_spread() -> None:
    rows = np.array([[0.5, 0.5], [np.nan, np.nan]])
    figure = fill_values.by_fill_value(rows, fills=("min", "-inf"), labels=("a", "b"), causes={}, palette=LIGHT)
    assert list(named(figure, "not a number").text) == ["NaN", "NaN"]
    assert list(figure.layout.yaxis.ticktext) == ["min  ", "−inf  "]
    lost = np.array([[True, False], [True, True]])
    spread = fill_values.nan_spread(lost, names=("layer 0", "layer 1"), labels=("a", "b"), palette=LIGHT)
    assert [text.strip() for text in spread.layout.yaxis.ticktext] == ["layer 0: 50%", "layer 1: 100%"]
    leaks = fill_values.enough([0.0, -200.0], [0.25, 0.0], palette=LIGHT)
    assert [note.text for note in leaks.layout.annotations] == ["25 %", "exactly 0"]


def test_wrong_ways_stack_what_lies_where_within_a_frame_of_one() -> None:
    parts = {"allowed": np.array([0.5, 1.0]), "causal": np.array([0.5, 0.0]), "padding": np.zeros(2)}
    figure = ways([parts], titles=[("zero", "leaks 25%")], labels=("a", "b"), lit=0, palette=LIGHT)
    assert [trace.name for trace in figure.data] == ["allowed", "blocked: comes later"]
    assert figure.layout.barmode == "stack"


def test_the_loss_leaves_out_pads_and_the_first_word() -> None:
    bits = np.array([np.nan, 9.0, 2.0, 4.0])
    counts = np.array([False, False, True, True])
    figure = word_losses(bits, labels=("pad", "a", "b", "c"), counts=counts, mean=3.0, palette=LIGHT)
    assert list(named(figure, "loss").y) == [2.0, 4.0]
    assert list(named(figure, "left out").x) == [0, 1]
    assert figure.layout.yaxis2.range[1] == pytest.approx(figure.layout.yaxis.range[1] * np.log(2))
