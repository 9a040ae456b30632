"""A receptive field shows after how many layers each token reaches each row."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT, luminance
from viz.masks.receptive_field import after_layers, colours, receptive_field, tone


def test_a_receptive_field_holds_layers_and_nan_where_nothing_is_ever_reached() -> None:
    after = np.array([[0, -1, -1], [1, 0, -1], [2, 1, 0]])
    figure = receptive_field(after, labels=("a", "b", "c"), palette=LIGHT, row=2)
    (trace,) = figure.select_traces(selector={"name": "layers"})
    np.testing.assert_array_equal(trace.z, np.where(after < 0, np.nan, after))
    assert (trace.zmin, trace.zmax) == (0, 2)
    (numbers,) = figure.select_traces(selector={"name": "numbers"})
    assert list(numbers.text) == ["0", "1", "0", "2", "1", "0"]
    assert trace.hovertext[2][0] == "<b>c</b> is reached by <b>a</b>: after 2 layers"


@pytest.mark.parametrize("T", [1, 30, 70])
def test_a_receptive_field_of_any_length_draws_without_hover_above_the_bound(T) -> None:
    after = np.where(np.tri(T, dtype=bool), 1, -1) - np.eye(T, dtype=int)
    figure = receptive_field(after, labels=["a"] * T, palette=DARK, row=0)
    assert np.isnan(figure.data[0].z).sum() == T * (T - 1) // 2


def test_what_is_reached_sooner_is_drawn_stronger() -> None:
    tones = [tone(layers, 6) for layers in range(1, 7)]
    assert tones == sorted(tones, reverse=True)
    assert [after_layers(layers) for layers in (-1, 0, 1, 4)] == ["never", "itself", "directly", "after 4 layers"]


def test_the_legend_has_the_colours_of_the_cells_and_names_what_is_never_reached() -> None:
    figure = receptive_field(np.array([[0, -1], [2, 0]]), labels=("a", "b"), palette=LIGHT, row=1)
    entries = {trace.name: trace.marker.color for trace in figure.data if trace.type == "bar"}
    assert list(entries) == ["never reached", "itself", "directly", "after 2 layers"]
    assert list(map(luminance, list(entries.values())[1:])) == [
        luminance(colour) for _, colour in figure.data[0].colorscale
    ]
    assert len(set(entries.values())) == len(entries)
    (frame,) = figure.layout.shapes
    assert (frame.y0, frame.y1, frame.x1) == (0.5, 1.5, 1.5)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_can_be_read_on_their_colours(palette) -> None:
    for layers in range(9):
        light, dark = sorted((luminance(colour) for colour in colours(layers, 8, palette)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
