"""Cells and labels are as large as fits, and labels never touch."""

from __future__ import annotations

from viz.base.geometry import WIDTH, breadth, geometry


def test_labels_thin_out_and_never_touch_in_long_texts() -> None:
    for tokens in (1, 41, 256, 1024):
        place = geometry(["the"] * tokens)
        assert len(range(0, tokens, place.step)) <= 41
        assert place.step * place.cell >= place.font
        assert place.left + place.cell * tokens + place.right <= WIDTH


def test_labels_that_fit_above_their_columns_stand_upright() -> None:
    assert geometry(["the"] * 3).upright
    assert not geometry(["␣wonderful"] * 30).upright


def test_a_slanted_last_label_stays_inside_the_figure() -> None:
    labels = ["a"] * 20 + ["␣wonderfully"]
    place = geometry(labels)
    assert not place.upright
    assert place.right >= 0.72 * 12 * place.font * 0.53
    assert place.step == 1


def test_cells_keep_a_gap_while_they_are_few() -> None:
    place = geometry(["the"] * 3)
    assert place.gap(3) == round(place.cell / 20)
    assert place.gap(33) == 0


def test_a_label_is_as_wide_as_its_characters() -> None:
    assert breadth("世", 20) == breadth("ab", 20) == 2 * 20 * 0.53
