"""The pictures of masks: what is drawn in which cell, what each cell says, what stays legible."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT
from viz.masks.mask import combined, has_sentences, layer

LABELS = ("pad", "<b>the</b>", "cat", "sat")


def causes(T: int = 4) -> dict[str, np.ndarray]:
    padding = np.zeros((T, T), dtype=bool)
    padding[:, 0] = True
    hand = np.zeros((T, T), dtype=bool)
    hand[3, 1] = True
    return {"padding": padding, "hand": hand, "causal": np.triu(np.ones((T, T), dtype=bool), 1)}


def visible(T: int = 4) -> np.ndarray:
    seen = np.ones((T, T), dtype=np.float32)
    seen[:, 2] = 0.5
    for cells in causes(T).values():
        seen[cells] = 0
    return seen


def drawn(T: int = 4, **options):
    labels = options.pop("labels", LABELS if T == 4 else ["a"] * T)
    told = options.pop("sentences", [[f"{q} <{k}>: why" for k in range(T)] for q in range(T)])
    return combined(visible(T), labels=labels, causes=causes(T), sentences=told, palette=LIGHT, last=T - 1, **options)


def test_the_combination_holds_what_each_row_may_see_and_nan_where_it_may_not() -> None:
    figure = drawn()
    (trace,) = figure.select_traces(selector={"name": "visible"})
    nan = np.nan
    np.testing.assert_array_equal(
        trace.z, [[nan, nan, nan, nan], [nan, 1, nan, nan], [nan, 1, 0.5, nan], [nan, nan, 0.5, 1]]
    )
    assert {trace.name for trace in figure.data} >= {"padding", "hand", "causal"}
    entries = {trace.name for trace in figure.data if trace.type == "bar"}
    assert {"blocked: padding", "blocked: by hand", "blocked: comes later", "may be read", "softened"} == entries


def test_only_softened_cells_bear_a_number_and_there_is_no_colour_bar() -> None:
    figure = drawn()
    (numbers,) = figure.select_traces(selector={"name": "numbers"})
    assert list(numbers.text) == ["0.50", "0.50"]
    assert list(zip(numbers.y, numbers.x, strict=True)) == [(2, 2), (3, 2)]
    assert not any(trace.type == "scatter" and trace.marker.colorbar.tickvals for trace in figure.data)


def test_each_cell_a_blocked_one_too_has_its_sentence_as_plain_text() -> None:
    (cells,) = drawn().select_traces(selector={"name": "visible"})
    assert cells.hovertext[1][1] == "1 &lt;1&gt;:<br>why"
    assert cells.hoverongaps


def test_tokens_are_never_read_as_markup() -> None:
    assert "&lt;b&gt;the&lt;/b&gt;" in drawn().layout.yaxis.ticktext


def test_the_words_beside_the_last_row_have_room() -> None:
    figure = drawn(21, labels=["pad"] * 20 + ["wizard"])
    assert "→ next<" in figure.layout.yaxis.ticktext[-1]
    assert figure.layout.margin.l >= 66 + 6 * 12 * 0.53


def test_the_chosen_cell_is_framed() -> None:
    frame = drawn(chosen=(2, 1)).layout.shapes[-1]
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1.5, 1.5, 2.5)
    assert frame.line.color == LIGHT.accent


@pytest.mark.parametrize("T", [1, 4, 40, 128])
def test_a_layer_is_a_small_square_of_any_sentence(T) -> None:
    blocked = {"causal": np.triu(np.ones((T, T), dtype=bool), 1)}
    figure = layer(np.ones((T, T)), causes=blocked, palette=DARK)
    assert (figure.layout.width, figure.layout.height) == (150, 150)
    assert np.isnan(figure.data[0].z).sum() == blocked["causal"].sum()
    assert {trace.name for trace in figure.data} <= {"visible", "causal"}


def test_a_layer_that_is_on_has_a_strong_frame() -> None:
    blocked = {"causal": np.zeros((3, 3), dtype=bool)}
    figure = layer(np.ones((3, 3)), causes=blocked, palette=LIGHT, on=True)
    assert figure.layout.shapes[-1].line.color == LIGHT.accent


def test_a_narrow_combination_keeps_to_its_width_and_has_room_for_all_entries():
    later = np.triu(np.ones((14, 14), dtype=bool), 1)
    first, lower = np.zeros((2, 14, 14), dtype=bool)
    first[:, 0], lower[9:, 1:3] = True, True

    def layout(causes: dict[str, np.ndarray], width: int):
        blocked = np.logical_or.reduce(list(causes.values()))
        return combined(
            np.where(blocked, 0, 1.0),
            labels=["␣rain"] * 14,
            causes=causes,
            sentences=None,
            palette=LIGHT,
            last=13,
            width=width,
        ).layout

    one, three = {"causal": later}, {"causal": later, "padding": first, "pattern": lower}
    assert layout(three, 400).width < 440 < layout(three, 600).width
    assert layout(three, 400).margin.b > layout(three, 600).margin.b
    assert layout(three, 400).margin.b > layout(one, 400).margin.b


def test_without_softened_cells_there_are_no_numbers() -> None:
    causal = {"causal": ~np.tri(3, dtype=bool)}
    figure = combined(np.tri(3), labels=list("abc"), causes=causal, sentences=None, palette=LIGHT, last=2)
    assert "numbers" not in {trace.name for trace in figure.data}


def test_each_cell_has_a_sentence_up_to_48_tokens() -> None:
    assert [has_sentences(tokens) for tokens in (48, 49)] == [True, False]
