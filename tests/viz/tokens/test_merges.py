"""Merges as a picture."""

from viz.base.theme import LIGHT
from viz.tokens.merges import MergeRow, merge_figure, width

ROWS = [
    MergeRow(pieces=[("<", 0, 1, False), ("b", 1, 2, False)], rank=None),
    MergeRow(pieces=[("<b", 0, 2, True)], rank=1234),
]


def test_each_row_has_its_pieces_and_a_merge_its_rank() -> None:
    figure = merge_figure(ROWS, [99], palette=LIGHT)
    piece = figure.data[0]
    assert piece.name == "piece"
    assert list(piece.text) == ["&lt;", "b", "&lt;b"]
    assert [round(start) for start in piece.base] == [0, 1, 0]
    assert [round(length) for length in piece.x] == [1, 1, 2]
    assert [step for step, _ in piece.customdata] == [0, 0, 1]
    texts = [note.text for note in figure.layout.annotations]
    assert "bytes" in texts
    assert "merge 1: rank <b>1,234</b>" in texts
    assert "99" in texts


def test_what_was_merged_is_filled_with_the_accent_colour() -> None:
    fills = merge_figure(ROWS, [99], palette=LIGHT).data[0].marker.color
    assert list(fills) == [LIGHT.surface, LIGHT.surface, LIGHT.accent]


def test_a_special_token_is_one_piece_without_merges() -> None:
    rows = [MergeRow(pieces=[("<|endoftext|>", 0, 13, False)], rank=None)]
    texts = [note.text for note in merge_figure(rows, [50256], palette=LIGHT).layout.annotations]
    assert texts == ["special token", "<b>token ids</b>", "50256"]
    assert width(rows) > 400
