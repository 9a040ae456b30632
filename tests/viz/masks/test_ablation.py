"""Hidden and softened words as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import LIGHT, PALETTES
from viz.masks.ablation import agreement, tint, two_digits, ways

NAMES = ["no mask", "today", "formula", "log"]


@pytest.mark.parametrize("T", [1, 3, 17, 128])
def test_ways_draw_one_row_per_way_and_one_column_per_token(T: int) -> None:
    rows = np.full((4, T), 1 / T)
    figure = ways(rows, labels=["the"] * T, names=NAMES, chosen=[T - 1], palette=LIGHT)
    assert figure.data[0].name == "weight"
    assert np.array_equal(figure.data[0].z, rows)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    assert len(figure.layout.xaxis.ticktext) == T
    assert len(figure.layout.shapes) == 1
    assert len(figure.layout.annotations) == (4 * T if T <= 16 else 0)


def test_labels_of_readers_are_no_html() -> None:
    figure = ways(np.ones((4, 1)), labels=["<b>&"], names=NAMES, chosen=[], palette=LIGHT)
    assert figure.layout.xaxis.ticktext == ("&lt;b&gt;&amp;",)
    points = agreement([0.5], [0.5], words=["<i>x"], palette=LIGHT)
    assert points.data[0].text == ("&lt;i&gt;x",)
    assert points.data[0].customdata[0] == "&lt;i&gt;x"


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (1e-5, "<.001"), (0.012, ".012"), (0.0996, ".10"), (0.5, ".50"), (1, "1.00")]
)
def test_numbers_in_cells_take_four_characters_or_so(value: float, said: str) -> None:
    assert two_digits(value) == said


def test_points_say_percent_and_crowded_ones_keep_their_word_for_the_pointer() -> None:
    figure = agreement([0.2, 0.2, 0.8], [0.1, 0.1, 0.9], words=["one", "two", "three"], palette=LIGHT)
    assert figure.data[0].x.tolist() == pytest.approx([20, 20, 80])
    assert figure.data[0].y.tolist() == pytest.approx([10, 10, 90])
    assert sorted(figure.data[0].text) == ["", "one", "three"]
    assert agreement([], [], words=[], palette=LIGHT).data[0].x.size == 0


@pytest.mark.parametrize("palette", PALETTES.values())
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_words_can_be_read_on_their_tint(palette: object, share: float) -> None:
    background, colour = tint(share, palette)  # type: ignore[arg-type]

    def luminance(text: str) -> float:
        if text.startswith("rgb"):
            channels = [int(part) for part in text[4:-1].split(",")]
        else:
            channels = [int(text[at : at + 2], 16) for at in (1, 3, 5)]
        linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    low, high = sorted([luminance(background), luminance(colour)])
    assert (high + 0.05) / (low + 0.05) > 4.5
