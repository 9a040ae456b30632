"""Strips of one row: the traces carry the numbers, blocked is a cause and never a small number."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.basedatatypes import BaseTraceType

from viz.base.sizes import hall
from viz.base.theme import DARK, LIGHT
from viz.mechanics.row import Strips, strips
from viz.mechanics.strip_layout import STAGES, strips_width

LABELS = ("pad", "the", "<b>cat</b>", "the")
SHORT = ("pad", "the", "cat", "the")
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
        "divisor": "√2",
    }
    return Strips(**(fields | changes))  # type: ignore[arg-type]


def named(figure: go.Figure, name: str) -> BaseTraceType:
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def foot(figure: go.Figure) -> float:
    return next(float(trace.base) for trace in figure.data if trace.name == "lines")


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_strips_build_up_downwards_and_those_before_the_last_two_fold_to_their_numbers(palette) -> None:
    drawn = [strips(row(labels=SHORT), stage=stage, palette=palette) for stage in STAGES]
    names = ["score", "masked", "exp", "weight", "mixed"]
    whole = [[trace.name for trace in figure.data if trace.name in names] for figure in drawn]
    assert whole == [names[:1], names[:2], names[1:3], names[2:4], names[3:]]
    numbers = [[trace.text[1] for trace in figure.data if trace.name == "numbers"] for figure in drawn]
    assert numbers[-1][:-1] == numbers[-2] == ["−2.00", "−2.00", "0.082", "0.080"]
    heights = [figure.layout.height for figure in drawn]
    assert heights == [40 + below for below in (140, 2 * 140, 40 + 2 * 139, 2 * 40 + 2 * 119, 3 * 40 + 2 * 82 + 34)]
    assert max(heights) <= 358  # of 720, below the sentence of a stage
    words = [(1 - figure.layout.xaxis.position) * figure.layout.height for figure in drawn]
    assert words == pytest.approx([40] * 5)
    floors = []  # px below the lines of the first strip, where its numbers stand
    for figure in drawn[:2]:
        (bottom, top), (low, high) = figure.layout.yaxis.domain, figure.layout.yaxis.range
        floors.append((foot(figure) - low) / (high - low) * (top - bottom) * figure.layout.height)
    assert floors == pytest.approx([21] * 2)
    assert [len(figure.layout.annotations) for figure in drawn] == [1, 2, 3, 4, 6]  # with the title of the sum


@pytest.mark.parametrize(("stage", "stages"), [("mask", STAGES[:2]), ("weight", STAGES[1:4]), ("values", STAGES[2:])])
def test_in_a_hall_the_first_strips_give_way_so_that_the_last_is_on_its_screen(
    stage: str, stages: tuple[str, ...]
) -> None:
    figure = strips(row(labels=SHORT), stage=stage, palette=replace(LIGHT, sizes=hall(1280)))
    numbers = [int(re.sub("<b>", "", note.text)[0]) for note in figure.layout.annotations if note.text != "sum"]
    assert numbers == [STAGES.index(one) + 1 for one in stages]
    assert figure.layout.height <= 350  # of 720 / 1.2
    assert len([trace for trace in figure.data if trace.showlegend]) == 2  # each cause once


def test_a_weight_is_the_quotient_of_the_numbers_that_are_shown() -> None:
    exp = np.array([0.0, 0.00882, 1.0, 0.0715])
    figure = strips(row(exp=exp, weight=exp / exp.sum(), total=exp.sum()), stage="weight", palette=LIGHT)
    *_, exps, weights = [trace.text for trace in figure.data if trace.name == "numbers"]
    total = float(exps[-1].removeprefix("Σ "))
    shown = [(float(one), float(weight)) for one, weight in zip(exps[:-1], weights[:-1], strict=True)]
    assert all(one / total == pytest.approx(weight, rel=0.01) for one, weight in shown)


def test_scores_are_dots_on_equal_lines_since_negative_ones_are_no_less_of_anything() -> None:
    scores = np.array([-9.0, -1.0, -4.0, -2.0], dtype=np.float32)
    figure = strips(row(score=scores), stage="score", palette=LIGHT)
    lines, dots = named(figure, "lines"), named(figure, "score")
    assert np.allclose(dots.y, scores)
    assert isinstance(dots.marker.color, str)  # of all dots
    assert np.allclose(lines.base + lines.y, -1.0)
    assert lines.base < -9


@pytest.mark.parametrize("stage", STAGES[:2])
def test_the_dot_of_the_largest_score_stays_below_the_title(stage: str) -> None:
    figure = strips(row(), stage=stage, palette=LIGHT)
    (low, high), (bottom, top) = figure.layout.yaxis.range, figure.layout.yaxis.domain
    per_px = (high - low) / ((top - bottom) * figure.layout.height)
    dot = named(figure, "score")
    assert (high - dot.y.max()) / per_px >= dot.marker.size / 2


def test_scores_block_nothing_and_later_strips_hatch_each_blocked_key_by_its_cause() -> None:
    scores = strips(row(), stage="mask", palette=LIGHT)
    assert list(named(scores, "score").y) == list(SCORE)
    assert not any(trace.yaxis in {"y", "y1"} for trace in scores.data if trace.type == "bar" and trace.name != "lines")
    figure = strips(row(), stage="weight", palette=LIGHT)
    assert np.isnan(named(figure, "weight").y).tolist() == [True, False, False, True]
    hatched = {
        (trace.yaxis, trace.name): list(trace.x)
        for trace in figure.data
        if trace.type == "bar" and trace.marker.pattern.shape
    }
    assert hatched["y3", "blocked: padding"] == [0]
    assert hatched["y3", "blocked: comes later"] == [3]
    assert hatched["y4", "padding"] == [0]
    assert hatched["y4", "causal"] == [3]


def test_the_numbers_of_a_strip_have_one_size_and_small_ones_two_figures() -> None:
    figure = strips(row(weight=np.array([0, 0.5, 0.00361, 0])), stage="weight", palette=LIGHT)
    numbers = [trace for trace in figure.data if trace.name == "numbers"]
    assert {type(trace.textfont.size) for trace in numbers} == {int}
    assert list(numbers[-1].text[:3]) == ["0", "0.500", "0.0036"]


def test_repeated_words_keep_their_columns_and_markup_stays_text() -> None:
    figure = strips(row(), stage="values", palette=LIGHT)
    assert list(figure.layout.xaxis.ticktext) == ["pad", "the", "&lt;b&gt;cat&lt;/…", "the"]
    assert list(named(figure, "weight").hovertext)[2] == "&lt;b&gt;cat&lt;/b&gt;"
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


def test_a_row_that_is_blocked_throughout_gives_weight_all_the_same() -> None:
    blocked = row(causes={"padding": np.ones(4, bool)})
    assert blocked.blocked.all()
    assert not blocked.silent.any()
    assert row().silent.tolist() == [True, False, False, True]


def test_columns_are_wide_while_they_carry_numbers() -> None:
    assert strips_width(20) == 21 * 54
    assert strips_width(21) == 22 * 14


@pytest.mark.parametrize(("divisor", "title"), [("√2", "q·k / √2"), ("3·√2", "q·k / (3·√2)"), ("", "q·k")])
def test_the_first_title_names_what_the_model_divides_by(divisor: str, title: str) -> None:
    figure = strips(row(divisor=divisor), stage="score", palette=LIGHT)
    assert f"<b>1  score = {title}</b>" in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize(("labels", "angle"), [(SHORT, 0), (("␣on", "␣because", "␣because", "␣it"), -45)])
def test_words_that_would_touch_are_slanted(labels: tuple[str, ...], angle: int) -> None:
    assert strips(row(labels=labels), stage="score", palette=LIGHT).layout.xaxis.tickangle == angle
