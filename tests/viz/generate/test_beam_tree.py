"""The picture of a beam search: every kept path can be read from its data, and nothing in it overlaps."""

from __future__ import annotations

from itertools import pairwise

import plotly.graph_objects as go
import pytest

from viz.base.theme import DARK, LIGHT
from viz.generate.beam_tree import TreeColumn, TreeNode, fig_beam_tree

# Two beams, three steps: `b` wins over `a` at the second step, and at the third one of two texts ends.
COLUMNS = [
    TreeColumn(x=1, width=1, title="1"),
    TreeColumn(x=2, width=2, title="2–3"),
    TreeColumn(x=4, width=1, title="4"),
]


def node(column: int, row: int, parent: int | None, label: str, **more: object) -> TreeNode:
    given = {
        "tokens": [ord(letter) for letter in label.replace(" ", "")],
        "total": -1.0 - row - column,
        "outcome": "kept",
        "normalised": None,
        "rank": row + 1,
        "best": False,
        "greedy": False,
    }
    return TreeNode(column=column, row=row, parent=parent, label=label, **(given | more))  # type: ignore[arg-type]


NODES = [
    node(0, 0, None, "a", greedy=True),
    node(0, 1, None, "b", best=True),
    node(0, 2, None, "c", outcome="dropped"),
    node(1, 0, 1, "d e", best=True),
    node(1, 1, 0, "f g"),
    node(2, 0, 0, "an endlessly long word"),
    node(2, 1, 0, "h"),
    node(2, 2, 0, "i", outcome="finished", normalised=-0.5, best=True),
    node(2, 3, 1, "<b>j", outcome="lost", normalised=-0.9, greedy=True),
]


def drawn(palette=LIGHT) -> go.Figure:
    return fig_beam_tree(NODES, COLUMNS, prompt="once", rows=4, chosen=(1, 0), palette=palette)


def traces(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data}


def path(figure: go.Figure, column: int, row: int) -> list[int]:
    """Return the tokens of the path to a kept node, from the figure's data alone."""
    found = traces(figure)["kept"].customdata
    of = {(line[0], line[1]): line for line in found}
    line = of[column, row]
    before = path(figure, column - 1, line[2]) if line[2] >= 0 else []
    return [*before, *line[3]]


def test_every_kept_path_can_be_read_from_the_data() -> None:
    figure = drawn()
    assert bytes(path(figure, 1, 0)).decode() == "bde"
    assert bytes(path(figure, 2, 1)).decode() == "bdeh"
    assert bytes(path(figure, 1, 1)).decode() == "afg"


def test_words_stand_in_whole_rows_by_kind_with_their_scores() -> None:
    found = traces(drawn())
    assert list(found["kept"].y) == [0, 1, 0, 1, 0, 1]
    assert [line[4] for line in found["dropped"].customdata] == [-3.0, -6.0]
    assert found["finished"].customdata[0][5] == -0.5
    assert "−0.50" in found["finished"].text[0]
    assert "−3.00" in found["dropped"].text[0]
    assert "&lt;b&gt;j" in found["dropped"].text[1]
    assert "<b>b</b>" in found["kept"].text[1]
    assert "<b>" not in found["kept"].text[0]


def test_what_does_not_fit_into_a_column_is_cut_between_words_and_whole_on_hover() -> None:
    said = "be able to get out of the bed early"
    figure = fig_beam_tree(
        [*NODES[:3], node(1, 0, 1, said)], COLUMNS, prompt="once", rows=4, chosen=None, palette=LIGHT
    )
    (word,) = [text.split("<br>")[0] for text in traces(figure)["kept"].text if text.startswith("be ")]
    assert word.endswith(" …")
    assert said.startswith(word.removesuffix("…"))
    assert said in traces(figure)["kept"].hovertext[-1]


def test_lines_lead_from_a_beam_to_what_continues_it() -> None:
    found = traces(drawn())

    def ends(name: str) -> list[tuple[float, float]]:
        ys = list(found[name].y)
        return [(ys[at], ys[at + 2]) for at in range(0, len(ys), 4)]

    assert ends("to kept") == [(1.5, 0), (1.5, 1), (1, 0), (0, 1), (0, 0), (0, 1), (0, 2)]
    assert ends("to dropped") == [(1.5, 2), (1, 3)]
    assert ends("leading text") == [(1.5, 1), (1, 0), (0, 2)]
    assert ends("greedy path") == [(1.5, 0), (1, 3)]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_are_large_and_none_reaches_into_the_next_column(palette) -> None:
    """Of a column's px at most as many letters are drawn as 8 px each leave room for; rows leave two lines of text."""
    figure = drawn(palette)
    px = (figure.layout.width - 16) / (figure.layout.xaxis.range[1] + 0.5)
    for trace in figure.data:
        if trace.mode != "text":
            continue
        assert trace.textfont.size >= 14
        for x, text in zip(trace.x, trace.text, strict=True):
            word = (
                text.split("<br>")[0].replace("<b>", "").replace("</b>", "").replace("&lt;", "<").replace("&gt;", ">")
            )
            room = next((column.width for column in COLUMNS if round(x + 0.44) == column.x), 1)
            assert len(word) * 7.8 <= room * px * 0.9
    rows = sorted({y for trace in figure.data if trace.name in ("kept", "dropped", "finished") for y in trace.y})
    assert all(b - a >= 1 for a, b in pairwise(rows))
    height = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert height / 4 >= (figure.data[0].line.width or 0) + 15 * 1.3 + 12 * 1.3
