"""The head's hover says who reads whom or why not; its last row says what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from viz.base.theme import PALETTES
from viz.heads.head import head, with_empty_rows

LIGHT = PALETTES["light"]
CAUSES = ("padding", "hand", "pattern", "causal")


def padded_head(labels=("pad", "<b>", "cat", "sat")):
    T = len(labels)
    none = np.zeros((T, T), bool)
    causes = dict.fromkeys(CAUSES, none)
    causes["causal"] = np.triu(np.ones((T, T), bool), 1)
    causes["padding"] = np.broadcast_to(np.arange(T) < 1, (T, T))
    weights = np.full((T, T), 0.3448, np.float16)
    return head(weights, labels=labels, causes=causes, palette=LIGHT, last=T - 1, name="layer 0<br>head 0")


def test_the_hover_tells_the_weight_or_every_cause_with_the_users_text_escaped():
    told = padded_head().data[0].hovertext
    assert told[3][1] == "<b>sat</b> reads <b>&lt;b&gt;</b>: weight 0.34, rank 1 of the row"
    assert told[2][3] == "<b>cat</b> may not read <b>sat</b>: it comes later"
    assert told[1][0] == "<b>&lt;b&gt;</b> may not read <b>pad</b>: it is padding"


def test_overlapping_causes_are_all_told_but_drawn_once():
    both = np.array([[False, True], [False, False]])
    weights = np.full((2, 2), 0.5)
    figure = head(weights, labels=["a", "b"], causes={"padding": both, "causal": both}, palette=LIGHT, last=1)
    assert figure.data[0].hovertext[0][1].endswith("it is padding and it comes later")
    assert [trace.name for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"] == ["padding"]


def test_rows_that_read_nothing_are_set_apart_and_the_last_row_says_what_it_is_for():
    figure = padded_head()
    assert [note.text for note in figure.layout.annotations if "nothing" in note.text] == ["reads nothing"]
    assert np.isnan(np.array(figure.data[0].z)[0]).all()
    assert "next word" in figure.layout.yaxis.ticktext[3]


@pytest.mark.parametrize("tokens", [1, 41, 300])
def test_the_last_row_is_labelled_in_texts_of_any_length(tokens):
    figure = padded_head(("pad",) + ("a",) * tokens)
    assert figure.layout.yaxis.tickvals[-1] == tokens
    assert "next word" in figure.layout.yaxis.ticktext[-1]


def test_pieces_of_one_character_show_it_with_their_bytes_under_a_bracket():
    weights, causes = np.eye(2), {"causal": np.triu(np.ones((2, 2), bool), 1)}
    figure = head(weights, labels=["␣‹F0 9F›", "‹91 8B›"], causes=causes, palette=LIGHT, last=1, pieces=[(0, 1, "👋")])
    assert figure.layout.xaxis.ticktext == ("👋 ‹F0 9F›", "👋 ‹91 8B›")
    assert sum(shape.type == "line" for shape in figure.layout.shapes) == 2


def test_what_the_last_row_is_for_is_said_as_far_as_there_is_room():
    def told(labels: list[str]) -> str:
        later = np.triu(np.ones((len(labels), len(labels)), dtype=bool), 1)
        figure = head(
            np.where(later, 0, 0.1),
            labels=labels,
            causes={"causal": later},
            palette=PALETTES["light"],
            last=len(labels) - 1,
        )
        return figure.layout.yaxis.ticktext[-1]

    assert "→ next word" in told(["It", "␣rains"])
    long = ["␣word"] * 24
    assert "→ next word" in told([*long, "␣unbelievably", "."])
    last = told([*long, "␣unbelievably"])
    assert "→" in last
    assert "next" not in last


def test_rows_that_read_nothing_say_so_in_a_matrix_of_any_width() -> None:
    weights, causes = np.ones((4, 4)), {"hand": np.repeat(np.arange(4)[:, None] < 2, 4, axis=1)}
    figure = with_empty_rows(weights, labels=list("abcd"), causes=causes, palette=LIGHT, width=430)
    assert [note.y for note in figure.layout.annotations if "nothing" in note.text] == [0.5]


def test_the_chosen_row_is_framed() -> None:
    later = np.triu(np.ones((3, 3), dtype=bool), 1)
    figure = head(np.eye(3), labels=list("abc"), causes={"causal": later}, palette=LIGHT, last=2, chosen=1)
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == (-0.5, 2.5, 0.5, 1.5)


def test_blocked_cells_say_what_blocks_them_where_there_is_room() -> None:
    pads = 3

    def named(tokens: int) -> list[tuple[str, float, int]]:
        padding = np.zeros((tokens, tokens), dtype=bool)
        padding[:, :pads] = True
        causes = {"padding": padding, "causal": np.triu(np.ones((tokens, tokens), dtype=bool), 1)}
        labels = ["pad"] * pads + ["a"] * (tokens - pads)
        figure = head(
            np.full((tokens, tokens), 0.1), labels=labels, causes=causes, palette=LIGHT, last=tokens - 1, name="head"
        )
        return [(note.text, note.x, note.y) for note in figure.layout.annotations if note.name == "cause"]

    first = pads  # the first row that reads anything: the most tokens come later
    assert named(8) == [("padding", 1, 5), ("comes later", 5.5, first)]
    assert named(60) == []
