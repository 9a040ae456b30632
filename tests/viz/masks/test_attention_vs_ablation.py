"""What attention says of each word beside what hiding it does."""

from __future__ import annotations

import pytest

from viz.base.theme import LIGHT, PALETTES, luminance
from viz.masks.attention_vs_ablation import attention_vs_ablation, tint


def test_points_stand_at_their_percentages() -> None:
    figure = attention_vs_ablation([0.2, 0.2, 0.8], [0.1, 0.1, 0.9], words=["one", "two", "three"], palette=LIGHT)
    assert figure.data[0].x.tolist() == pytest.approx([20, 20, 80])
    assert figure.data[0].y.tolist() == pytest.approx([10, 10, 90])
    assert attention_vs_ablation([], [], words=[], palette=LIGHT).data[0].x.size == 0


def test_near_points_have_their_words_on_different_sides_and_a_fifth_on_one_place_keeps_it_for_the_pointer() -> None:
    (near,) = attention_vs_ablation([0.5, 0.52], [0.5, 0.5], words=["one", "two"], palette=LIGHT).data
    assert near.text == ("one", "two")
    assert len({*near.textposition}) == 2
    (equal,) = attention_vs_ablation([0.5] * 5, [0.5] * 5, words=["one"] * 5, palette=LIGHT).data
    assert sorted(equal.text) == ["", *["one"] * 4]


def test_words_are_no_markup_and_the_hover_has_both_numbers() -> None:
    (points,) = attention_vs_ablation([0.5], [0.00043], words=["<i>x"], palette=LIGHT).data
    assert points.text == ("&lt;i&gt;x",)
    assert points.hovertext == ("&lt;i&gt;x: attention 50\xa0%, change 0.043\xa0%",)


@pytest.mark.parametrize("palette", PALETTES.values())
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_words_can_be_read_on_their_tint(palette, share: float) -> None:
    background, colour = tint(share, palette)

    low, high = sorted([luminance(background), luminance(colour)])
    assert (high + 0.05) / (low + 0.05) > 4.5
