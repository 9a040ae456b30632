"""The map of all heads: one picture, one cell per head over its tile, a frame around the open one."""

from __future__ import annotations

import numpy as np

from viz.base.theme import PALETTES
from viz.heads.overview import overview

LIGHT = PALETTES["light"]
CAUSES = ("padding", "hand", "pattern", "causal")


def drawn_map(opened=(1, 2)):
    picture = np.full((2 * 13, 3 * 13), 200, np.uint8)
    facts = [["a <i> fact"] * 3] * 2
    return overview(
        picture,
        pitch=13,
        gap=1,
        weight_code=5,
        causes=CAUSES,
        facts=facts,
        opened=opened,
        marked=[(0, 0)],
        palette=LIGHT,
    )


def test_the_map_is_one_picture_with_its_scale_and_one_cell_per_head():
    figure = drawn_map()
    tiles, targets = figure.data
    assert (tiles.name, tiles.z.dtype, tiles.z.shape) == ("weight", np.uint8, (26, 39))
    assert tiles.meta["weight"] == "((z - 5) / 250) ** 2"
    assert (targets.name, targets.z.shape) == ("heads", (2, 3))
    assert targets.hovertext[1][2] == "layer 1, head 2<br>a &lt;i&gt; fact"


def test_every_tile_lies_under_the_cell_of_its_head():
    tiles = drawn_map().data[0]
    centres = tiles.x0 + tiles.dx * (np.arange(3) * 13 + (12 - 1) / 2)
    np.testing.assert_allclose(centres, [0, 1, 2], atol=1e-9)


def test_the_open_head_is_framed_in_the_accent_colour():
    frames = {shape.line.color: (shape.y0, shape.x0) for shape in drawn_map().layout.shapes}
    assert frames[LIGHT.accent] == (0.5, 1.5)


def test_codes_of_gap_and_causes_have_their_own_flat_colours_and_weights_the_ramp():
    scale = drawn_map().data[0].colorscale
    at = {round(place * 255, 3): colour for place, colour in scale}
    assert at[0] == LIGHT.paper
    assert [at[code - 0.5] for code in (1, 2, 3, 4)] == [LIGHT.causes[cause].tint for cause in CAUSES]
    assert at[255] == "rgb(27, 0, 106)"
    assert [place for place, _ in scale] == sorted(place for place, _ in scale)
