"""The padded batch as a picture."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT
from viz.tokens.table import NUMBER_FONT, NUMBERS_AT, ROW, Table, batch_figure, width

MASK = np.array([[0, 0, 1], [1, 1, 1]])


def table(read: tuple[int, int] = (2, 2), mask: np.ndarray = MASK, first: str = "the") -> Table:
    labels = [["pad", "pad", first], ["the", "<b>", "the"]]
    return Table(labels=labels, ids=mask + 10, mask=mask, positions=mask * 3, read=read)


def named(figure: object, name: str) -> object:
    return next(trace for trace in figure.data if trace.name == name)


def test_the_mask_is_the_z_of_the_trace_mask_with_id_and_position_beside_it() -> None:
    figure = batch_figure(table(), range(3), palette=LIGHT)
    mask = figure.data[0]
    assert mask.name == "mask"
    assert mask.z.tolist() == MASK.tolist()
    assert (mask.zmin, mask.zmax) == (0, 1)
    assert list(mask.customdata[0][2]) == [11, 3, "the"]


def test_equal_tokens_keep_a_column_each_and_markup_is_shown_as_typed() -> None:
    text = named(batch_figure(table(), range(3), palette=LIGHT), "token").text
    assert list(text) == ["pad", "pad", "the", "the", "&lt;b&gt;", "the"]


def test_pads_alone_are_hatched() -> None:
    padding = named(batch_figure(table(), range(3), palette=DARK), "padding")
    assert {round(x) for x in padding.x if x is not None} == {0, 1}
    assert {round(y) for y in padding.y if y is not None} == {0}
    line = 1.3 * NUMBER_FONT / ROW
    assert max(y for y in padding.y if y is not None) < NUMBERS_AT - 1.5 * line  # clear of the id, the first of three


def test_the_last_column_is_boxed_in_one_piece_where_every_row_is_read_there() -> None:
    boxes = [shape for shape in batch_figure(table(), range(3), palette=LIGHT).layout.shapes if shape.type == "rect"]
    assert [(box.x0, box.x1, box.y0, box.y1, box.line.color) for box in boxes] == [(1.5, 2.5, -0.5, 1.5, LIGHT.accent)]


def test_right_pads_box_each_rows_own_place_and_dot_the_last_column() -> None:
    mask = np.array([[1, 0, 0], [1, 1, 1]])
    figure = batch_figure(table(read=(0, 2), mask=mask), range(3), palette=LIGHT)
    accent = [shape for shape in figure.layout.shapes if shape.line.color == LIGHT.accent]
    assert [(round(box.x0 + 0.49), round(box.y0 + 0.48)) for box in accent] == [(0, 0), (2, 1)]
    dotted = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
    assert [(round(box.x0 + 0.46), round(box.y0 + 0.45)) for box in dotted] == [(2, 0)]
    assert [note.x for note in figure.layout.annotations if "dotted" in note.text] == [2.5]


def test_a_window_keeps_the_column_numbers_of_the_batch() -> None:
    figure = batch_figure(table(), range(1, 3), palette=LIGHT)
    assert list(figure.data[0].x) == [1, 2]
    assert figure.data[0].z.tolist() == [[0, 1], [1, 1]]
    assert list(figure.layout.xaxis.ticktext) == ["1", "2"]


def test_a_split_character_stands_over_a_bracket() -> None:
    split = Table(
        labels=[["‹F0 9F›", "‹A6›"]],
        ids=np.ones((1, 2), int),
        mask=np.ones((1, 2), int),
        positions=np.ones((1, 2), int),
        read=(1,),
        brackets=[(0, 0, 1, "🦊")],
    )
    figure = batch_figure(split, range(2), palette=LIGHT)
    assert [x for x in named(figure, "bracket").x if x is not None] == [-0.38, -0.38, 1.38, 1.38]
    assert list(named(figure, "character").text) == ["🦊"]


def test_a_very_long_token_is_cut_and_whole_in_the_hover() -> None:
    figure = batch_figure(table(first="-" * 64), range(3), palette=LIGHT)
    assert named(figure, "token").text[2].endswith("…")
    assert figure.data[0].customdata[0][2][2] == "-" * 64
    assert named(figure, "token").textfont.size[2] >= 12


def test_one_long_token_does_not_make_all_columns_wide() -> None:
    assert width(table(first="-" * 64), range(3)) < 2 * width(table(), range(3))


@pytest.mark.parametrize("columns", [1, 64])
def test_the_width_asked_for_grows_with_the_columns(columns: int) -> None:
    ones = np.ones((1, columns), int)
    wide = Table(labels=[["a"] * columns], ids=ones, mask=ones, positions=ones, read=(columns - 1,))
    assert 70 * columns <= width(wide, range(columns)) <= 90 * columns + 100
    assert len(batch_figure(wide, range(columns), palette=LIGHT).layout.xaxis.tickvals) == columns
