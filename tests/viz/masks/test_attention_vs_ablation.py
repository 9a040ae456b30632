"""What attention says of each word beside what hiding it does."""

from __future__ import annotations

import pytest

from viz.base.theme import LIGHT, PALETTES, luminance
from viz.masks.attention_vs_ablation import attention_vs_ablation, tint


def test_points_stand_at_their_percentages_and_crowded_ones_keep_their_word_for_the_pointer() -> None:
    figure = attention_vs_ablation([0.2, 0.2, 0.8], [0.1, 0.1, 0.9], words=["one", "two", "three"], palette=LIGHT)
    assert figure.data[0].x.tolist() == pytest.approx([20, 20, 80])
    assert figure.data[0].y.tolist() == pytest.approx([10, 10, 90])
    assert sorted(figure.data[0].text) == ["", "one", "three"]
    assert attention_vs_ablation([], [], words=[], palette=LIGHT).data[0].x.size == 0


def test_words_are_no_markup_and_the_hover_has_both_numbers() -> None:
    (points,) = attention_vs_ablation([0.5], [0.00043], words=["<i>x"], palette=LIGHT).data
    assert points.text == ("&lt;i&gt;x",)
    assert points.hovertext == ("&lt;i&gt;x: attention 50 %, change 0.043 %",)


@pytest.mark.parametrize("palette", PALETTES.values())
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_words_can_be_read_on_their_tint(palette, share: float) -> None:
    background, colour = tint(share, palette)

    low, high = sorted([luminance(background), luminance(colour)])
    assert (high + 0.05) / (low + 0.05) > 4.5
