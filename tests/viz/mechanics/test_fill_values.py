"""What each fill value makes of a row, and how NaN spreads."""

from __future__ import annotations

import numpy as np

from viz.base.theme import LIGHT
from viz.mechanics.fill_values import by_fill_value, enough, nan_spread


def test_nan_is_written_as_nan_and_a_blocked_cell_lies_under_its_cause() -> None:
    rows = np.array([[0.5, 0.5, 0.0], [np.nan, np.nan, np.nan]])
    causes = {"causal": np.array([False, False, True])}
    figure = by_fill_value(rows, fills=("min", "-inf"), labels=("a", "b", "c"), causes=causes, palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    lost = traces["not a number"]
    assert list(zip(lost.y, lost.x, strict=True)) == [(1, 0), (1, 1)]
    assert list(lost.text) == ["NaN", "NaN"]
    assert list(traces["numbers"].text) == ["0.500", "0.500"]
    assert list(traces["causal"].x) == [2, 2]
    assert list(figure.layout.yaxis.ticktext) == ["min  ", "−inf  "]


def test_numbers_of_a_row_have_one_size_and_small_weights_two_figures() -> None:
    rows = np.array([[0.924, 0.00361, 0.0724]])
    figure = by_fill_value(rows, fills=("min",), labels=("a", "b", "c"), causes={}, palette=LIGHT)
    (numbers,) = [trace for trace in figure.data if trace.name == "numbers"]
    assert list(numbers.text) == ["0.924", "0.0036", "0.072"]
    assert isinstance(numbers.textfont.size, int)


def test_the_share_of_lost_rows_stands_beside_each_layer() -> None:
    lost = np.array([[True, False], [True, True]])
    spread = nan_spread(lost, names=("layer 0", "layer 1"), labels=("a", "b"), palette=LIGHT)
    assert [text.strip() for text in spread.layout.yaxis.ticktext] == ["layer 0: 50\xa0% NaN", "layer 1: 100\xa0% NaN"]
    assert spread.data[0].z.tolist() == [[1, 0], [1, 1]]
    assert list(spread.data[1].text) == ["NaN"] * 3


def test_leaks_are_written_as_every_other_percentage_and_nothing_is_exactly_0() -> None:
    leaks = enough([0.0, -20.0, -200.0], [0.25, 1e-9, 0.0], palette=LIGHT)
    assert [note.text for note in leaks.layout.annotations] == ["25\xa0%", "<0.01\xa0%", "exactly 0"]
    assert list(leaks.data[0].x) == [25, 100 * 1e-9, 0]
    assert leaks.layout.xaxis.title.text
    assert leaks.layout.yaxis.title.text
