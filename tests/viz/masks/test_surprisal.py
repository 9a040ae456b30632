"""What a mask does to a text: the surprisal of each word, the weight on later words."""

from __future__ import annotations

import numpy as np

from viz.base.theme import DARK, LIGHT
from viz.masks.surprisal import leak, surprisal


def test_surprisal_shows_bits_before_and_now_and_no_bar_where_nothing_predicts() -> None:
    now, before = np.array([np.nan, 3.25, 8.0]), np.array([np.nan, 4.0, 2.0])
    figure = surprisal(("<i>a", "b", "c"), now, before=before, pattern="window", palette=LIGHT)
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars["now"][1:] == [3.25, 8.0]
    assert np.isnan(bars["now"][0])
    assert bars["before"][1:] == [4.0, 2.0]
    (numbers,) = figure.select_traces(selector={"name": "numbers"})
    assert list(numbers.text) == ["3.2<br>was 4.0", "8.0<br>was 2.0"]
    (alone,) = surprisal(("a", "b", "c"), now, before=None, pattern="causal", palette=LIGHT).select_traces(
        {"name": "numbers"}
    )
    assert list(alone.text) == ["3.2", "8.0"]
    assert figure.layout.xaxis.ticktext[0] == "&lt;i&gt;a"


def test_surprisal_of_nothing_but_gaps_still_draws() -> None:
    figure = surprisal(("a",), np.array([np.nan]), before=None, pattern="causal", palette=DARK)
    assert figure.layout.yaxis.range[1] > 0


def test_leak_is_drawn_in_percent_of_the_weight_from_0_to_100() -> None:
    figure = leak(np.array([0.5, 0.25]), palette=LIGHT)
    assert list(figure.data[0].y) == [50, 25]
    assert list(figure.data[0].text) == list(figure.data[0].customdata) == ["50\xa0%", "25\xa0%"]
    assert tuple(figure.layout.yaxis.range) == (0, 100)
