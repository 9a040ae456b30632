"""The pictures of what patterns do: surprise, leak, reach, the dial, the stages of a mask."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT
from viz.masks.broadcasting import grid
from viz.masks.patterns import leak, surprise
from viz.masks.receptive_field import reach, told, tone
from viz.masks.soft_weight_curve import dial


def test_surprise_shows_bits_before_and_now_and_no_bar_where_nothing_predicts() -> None:
    now, before = np.array([np.nan, 3.25, 8.0]), np.array([np.nan, 4.0, 2.0])
    figure = surprise(("<i>a", "b", "c"), now, before=before, pattern="window", palette=LIGHT)
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars["now"][1:] == [3.25, 8.0]
    assert np.isnan(bars["now"][0])
    assert bars["before"][1:] == [4.0, 2.0]
    (numbers,) = figure.select_traces(selector={"name": "numbers"})
    assert list(numbers.text) == ["3.2", "8.0"]
    assert figure.layout.xaxis.ticktext[0] == "&lt;i&gt;a"


def test_surprise_of_nothing_but_gaps_still_draws() -> None:
    figure = surprise(("a",), np.array([np.nan]), before=None, pattern="causal", palette=DARK)
    assert figure.layout.yaxis.range[1] > 0


def test_leak_is_drawn_in_percent_of_the_weight_from_0_to_100() -> None:
    figure = leak(np.array([0.5, 0.25]), palette=LIGHT)
    assert list(figure.data[0].y) == [50, 25]
    assert tuple(figure.layout.yaxis.range) == (0, 100)


def test_reach_holds_layers_and_nan_where_nothing_is_ever_heard() -> None:
    after = np.array([[0, -1, -1], [1, 0, -1], [2, 1, 0]])
    figure = reach(after, labels=("a", "b", "c"), palette=LIGHT, row=2)
    (trace,) = figure.select_traces(selector={"name": "layers"})
    np.testing.assert_array_equal(trace.z, np.where(after < 0, np.nan, after))
    assert (trace.zmin, trace.zmax) == (0, 2)
    (numbers,) = figure.select_traces(selector={"name": "numbers"})
    assert list(numbers.text) == ["0", "1", "0", "2", "1", "0"]
    assert trace.hovertext[2][0] == "<b>c</b> hears <b>a</b>: after 2 layers"


@pytest.mark.parametrize("T", [1, 30, 70])
def test_reach_of_any_length_draws_without_hover_above_the_bound(T) -> None:
    after = np.where(np.tri(T, dtype=bool), 1, -1) - np.eye(T, dtype=int)
    figure = reach(after, labels=["a"] * T, palette=DARK, row=0)
    assert np.isnan(figure.data[0].z).sum() == T * (T - 1) // 2


def test_what_is_heard_sooner_is_drawn_stronger() -> None:
    tones = [tone(layers, 6) for layers in range(1, 7)]
    assert tones == sorted(tones, reverse=True)
    assert [told(layers) for layers in (-1, 0, 1, 4)] == ["never", "itself", "directly", "after 4 layers"]


def test_the_dial_marks_the_chosen_weight_at_its_logarithm() -> None:
    figure = dial(
        [-1.0, 0.0], [0.2, 0.4], dots=[(1.0, 0.4), (0.5, 0.25)], weight=0.5, measured=0.25, full=0.4, palette=LIGHT
    )
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["share"].y) == [20, 40]
    assert list(traces["model"].x) == pytest.approx([0, np.log(0.5)])
    assert (traces["now"].x[0], traces["now"].y[0]) == pytest.approx((np.log(0.5), 25))
    assert traces["plain"].y[0] == pytest.approx(40 * np.exp(-1))


def test_the_dial_at_weight_0_has_no_logarithm_to_mark() -> None:
    figure = dial([-1.0, 0.0], [0.2, 0.4], dots=[(1.0, 0.4)], weight=0.0, measured=0.0, full=0.4, palette=LIGHT)
    assert "now" not in {trace.name for trace in figure.data}


def test_a_stage_writes_its_numbers_and_blocked_cells_recede() -> None:
    values = np.array([[0.0, -1e4], [0.0, 0.0]])
    texts = [["0", "-10000"], ["0", "0"]]
    figure = grid(values, texts=texts, blocked=values < 0, columns=("0", "1"), rows=("<a>", "b"), palette=LIGHT)
    assert figure.data[0].z.tolist() == values.tolist()
    assert figure.data[0].text.tolist() == [["0", ""], ["0", "0"]]
    assert figure.data[1].text.tolist() == [["", "-10000"], ["", ""]]
    assert figure.layout.yaxis.ticktext[0] == "&lt;a&gt; "
