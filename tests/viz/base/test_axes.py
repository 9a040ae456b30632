"""Words stand below or above their columns as long as they can be read there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.base.axes import FEW, apart, around, behind_bars, cell_texts, frame, legend_above, together, word_columns
from viz.base.figure import Figure
from viz.base.theme import LIGHT, style


@pytest.mark.parametrize("T", [1, FEW, FEW + 1, 47, 48, 128])
def test_words_are_slanted_in_many_columns_and_thinned_out_in_very_many(T: int) -> None:
    axis = word_columns([f"w{i}" for i in range(T)], LIGHT)
    assert axis["tickangle"] == (0 if T <= FEW else -45)
    assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 47
    assert axis["ticktext"][-1] == f"w{axis['tickvals'][-1]}"
    assert axis["range"] == [-0.5, T - 0.5]


def test_words_are_shown_as_text_and_long_ones_cut() -> None:
    assert word_columns(["<b>", "wonderfully"], LIGHT)["ticktext"] == ["&lt;b&gt;", "wonderfu…"]


def test_texts_stand_in_their_cells_and_behind_their_bars() -> None:
    cells = cell_texts(np.array([[0, 2], [1, 0]]), ["a", "b"], name="numbers", size=9, colour="#123456")
    assert (list(cells["y"]), list(cells["x"]), list(cells["text"])) == ([0, 1], [2, 0], ["a", "b"])
    behind = behind_bars([5, 9], ["a", "b"], size=9, colour="#123456")
    assert (list(behind["x"]), list(behind["y"])) == ([5, 9], [0, 1])


def test_a_frame_goes_around_whole_cells() -> None:
    assert around((1, 1), (0, 3)) == {"x0": -0.5, "x1": 3.5, "y0": 0.5, "y1": 1.5}
    assert frame((0, 0), (0, 0), LIGHT, 5)["line"] == {"color": LIGHT.accent, "width": 5}


@pytest.mark.parametrize(
    ("places", "moved"),
    [
        ([], []),
        ([3.0], [3.0]),
        ([0.0, 5.0], [0.0, 5.0]),
        ([1.0, 1.0, 1.0], [0.0, 1.0, 2.0]),
        ([5.0, 0.0, 5.5], [4.75, 0.0, 5.75]),
        ([0.0, 0.5, 1.6], [-0.3, 0.7, 1.7]),
    ],
)
def test_places_are_moved_as_little_as_it_takes_to_be_apart(places: list[float], moved: list[float]) -> None:
    assert apart(places, 1.0) == pytest.approx(moved)


def test_numbers_at_one_place_are_all_written_or_counted() -> None:
    assert [together([0, 4, 5], most) for most in (3, 2)] == ["0, 4, 5", "0 +2"]


def test_room_above_a_picture_is_that_of_its_legend_where_it_is_narrowest_and_says_how_much_that_is() -> None:
    figure = style(Figure(), LIGHT, height=100)
    figure.update_layout(margin={"t": 10})
    legend_above(figure, ["before the filters"] * 4)
    legend = figure.layout.meta["legend"]
    lines = math.ceil(legend["takes"] / legend["narrow"])
    assert lines > 1
    assert (figure.layout.height, figure.layout.margin.t) == (100 + lines * legend["row"], 10 + lines * legend["row"])
