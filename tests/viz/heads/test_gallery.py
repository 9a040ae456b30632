"""Tiles of the gallery stand where their titles say; a map of a measure carries its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT, ramp_colour
from viz.heads.gallery import gallery, measure_map

CAUSES = ["padding", "hand", "pattern", "causal"]


def test_every_tile_stands_in_its_row_and_column_under_its_title() -> None:
    pictures = [np.full((6, 6), 10 + i, np.uint8) for i in range(5)]
    figure = gallery(pictures, [f"<{i}>" for i in range(5)], columns=4, weight_code=5, causes=CAUSES, palette=LIGHT)
    picture = figure.data[0]
    z = np.array(picture.z)
    assert [int((z == 10 + i).sum()) for i in range(5)] == [36] * 5
    for i in range(5):
        rows, columns = np.nonzero(z == 10 + i)
        y, x = picture.y0 + picture.dy * rows.mean(), picture.x0 + picture.dx * columns.mean()
        assert (round(float(y)), round(float(x))) == divmod(i, 4)
        upper = picture.y0 + picture.dy * (rows.min() - 0.5)
        title = figure.layout.annotations[i]
        assert (title.y, title.yanchor) == (pytest.approx(upper), "bottom")
    assert figure.layout.annotations[4].text == "<b>&lt;4&gt;</b>"


def test_a_map_of_a_measure_carries_its_numbers_and_leaves_out_what_is_unknown() -> None:
    values = np.array([[0.25, np.nan], [0.5, 1.0]], np.float32)
    figure = measure_map(values, title="same", share=True, opened=(1, 0), palette=DARK)
    np.testing.assert_array_equal(np.array(figure.data[0].z, float), values)
    assert list(figure.data[1].text) == ["25 %", "50 %", "100 %"]
    wide = measure_map(np.ones((48, 25), np.float32) * 9, title="bits", share=False, opened=(0, 0), palette=LIGHT)
    assert len(wide.data) == 1
    assert wide.data[0].zmax == 9
    empty = measure_map(np.full((2, 2), np.nan, np.float32), title="same", share=False, opened=(0, 0), palette=LIGHT)
    assert empty.data[0].zmax > 0


def test_the_legend_of_the_tiles_has_their_colours_and_the_causes_that_occur() -> None:
    picture = np.array([[255, 4], [255, 5]], np.uint8)  # the largest weight, what comes later, no weight
    figure = gallery([picture], ["head 0"], columns=4, weight_code=5, causes=CAUSES, palette=LIGHT)
    entries = {trace.name: trace.marker.color for trace in figure.data if trace.type == "bar"}
    assert entries["weight 1"] == ramp_colour(LIGHT, 1)
    blocked = [LIGHT.causes[cause].label for cause in CAUSES if LIGHT.causes[cause].label in entries]
    assert blocked == [LIGHT.causes["causal"].label]
    assert entries[blocked[0]] == LIGHT.causes["causal"].tint
