"""Colours: blocked cells differ by mark as well as tint, and what stands on a colour can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest

from viz.base.theme import PALETTES, Palette, Scale, even_ramp, ink, luminance, ramp_colour, weight_colour, weight_scale


def contrast(a: str, b: str) -> float:
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values())
def test_marks_differ_in_shape_and_have_three_to_one_contrast(palette: Palette) -> None:
    looks = palette.causes.values()
    assert len({look.pattern for look in looks}) == len({look.reason for look in looks}) == len(looks)
    assert all(contrast(look.mark, look.tint) >= 3 for look in looks)
    assert contrast(palette.muted, palette.paper) >= 4.5


def test_both_modes_name_the_same_causes() -> None:
    light, dark = (
        {cause: (look.label, look.reason, look.pattern) for cause, look in palette.causes.items()}
        for palette in PALETTES.values()
    )
    assert light == dark


@pytest.mark.parametrize("palette", PALETTES.values())
@pytest.mark.parametrize("weight", [0, 0.01, 0.1, 0.3, 0.5, 0.7, 1])
def test_ink_can_be_read_on_any_weight(palette: Palette, weight: float) -> None:
    ground = weight_colour(palette, weight)
    assert contrast(ink(ground), ground) >= 4.5


def test_luminance_is_that_of_wcag() -> None:
    assert (luminance("#000000"), luminance("rgb(255, 255, 255)")) == (0, pytest.approx(1))
    assert luminance("#ff0000") == pytest.approx(0.2126)
    assert luminance("#777777") == pytest.approx(0.1845, abs=1e-4)


def test_a_scale_mixes_its_colours_between_its_ends_and_stops_there() -> None:
    scale = Scale(colours=[(0, "#000000"), (0.5, "#0000ff"), (1, "#ff00ff")], low=-2, high=2)
    assert [scale.colour(value) for value in (-9, -2, -1, 0, 2, 9)] == [
        "rgb(0, 0, 0)",
        "rgb(0, 0, 0)",
        "rgb(0, 0, 128)",
        "rgb(0, 0, 255)",
        "rgb(255, 0, 255)",
        "rgb(255, 0, 255)",
    ]
    assert scale.heatmap()["zmin"] == -2


@pytest.mark.parametrize("palette", PALETTES.values())
def test_the_scale_of_weights_follows_the_square_root(palette: Palette) -> None:
    scale = weight_scale(palette, top=0.5)
    assert scale.colour(0.125) == ramp_colour(palette, 0.5)
    assert [place for place, _ in scale.colours][:2] == [0, (1 / 32) ** 2]
    steps = [luminance(colour) for _, colour in even_ramp(palette)]
    assert len({later > earlier for earlier, later in pairwise(steps)}) == 1
