"""A beam search as a tree: steps from left to right, beams as rows, what fell out in grey where it broke off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

from viz.base.figure import Figure, scatter
from viz.base.text import escape, shorten, units
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

WORD, SCORE = 15, 13  # px, of a word and of what stands below it
_LETTER, _DIGIT = 7.8, 7.3  # px that a letter of a word takes at most, as a mean over a word; and one of a score
_STEP, _ROW = (62, 96), 46  # px of a column, from short words to long ones, and of a row
_LEFT, _TOP, _BOTTOM = 0.44, 74, 12  # where a word begins, in columns left of its place; px above and below the rows
_KEY = 560  # px that the lines take which say what colours and numbers mean
_GAP = 0.1  # columns that a line needs at least behind a word


@dataclass(frozen=True, kw_only=True)
class TreeColumn:
    """One column: where it stands, over how many whole numbers, and its title, such as `3` or `4-7`."""

    x: int
    width: int
    title: str


@dataclass(frozen=True, kw_only=True)
class TreeNode:
    """One continuation: its column and row, the row of the beam in the column before, its readable words and its scores.

    `tokens` are the ids that it adds. `best` and `greedy` tell which paths go through it. `parent` is None behind the prompt.
    """

    column: int
    row: int
    parent: int | None
    label: str
    tokens: Sequence[int]
    total: float
    outcome: Literal["kept", "finished", "dropped", "lost"]
    normalised: float | None
    rank: int
    best: bool
    greedy: bool


def fig_beam_tree(
    nodes: Sequence[TreeNode],
    columns: Sequence[TreeColumn],
    *,
    prompt: str,
    rows: int,
    chosen: tuple[int, int] | None,
    palette: Palette,
) -> Figure:
    """Return the tree of a search so far; `chosen` is the (column, row) that is open.

    Places are whole numbers: a node's x is its column's, its y its row; the prompt stands at 0 in the middle row. Traces:
    `kept`, `finished`, `dropped` hold the words of the nodes of that kind as text, with `customdata` column, row, row of the
    beam that it continues (-1 = the prompt), token ids, sum, normalised score; `to kept`, `to dropped`, `leading text` and
    `greedy path` are lines.
    """
    figure = Figure()
    place = _Places(nodes, columns, prompt)
    _lines(figure, nodes, place, rows, palette)
    for kind in ("kept", "finished", "dropped"):
        of_kind = [node for node in nodes if ("dropped" if node.outcome == "lost" else node.outcome) == kind]
        _words(figure, of_kind, place, kind, palette)
    _root(figure, place, rows, palette)
    _titles(figure, columns, palette)
    _key(figure, palette, greedy=any(node.greedy for node in nodes))
    if chosen is not None:
        _mark(figure, columns[chosen[0]], chosen[1], palette)
    style(figure, palette, height=_TOP + _ROW * rows + _BOTTOM)
    last = max(columns[-1].x + columns[-1].width - 1, ceil(_KEY / place.step) - 1)
    figure.update_layout(
        width=round(place.step * (last + 1)) + 16,
        showlegend=False,
        margin={"l": 8, "r": 8, "t": _TOP, "b": _BOTTOM},
        hovermode="closest",
    )
    figure.update_xaxes(range=[-0.5, last + 0.5], visible=False, fixedrange=True)
    figure.update_yaxes(range=[rows - 0.5, -0.5], visible=False, fixedrange=True)
    return figure


class _Places:
    """Where words and lines stand: the words of a column all begin at the same x."""

    def __init__(self, nodes: Sequence[TreeNode], columns: Sequence[TreeColumn], prompt: str) -> None:
        self.columns, self.prompt = columns, prompt
        widths = [(units(node.label), columns[node.column].width) for node in nodes]
        self.step = max(letters * _LETTER / (width - _GAP * 2) for letters, width in widths or [(1, 1)])  # px
        self.step = min(max(_STEP[0], self.step), _STEP[1])

    def start(self, column: int) -> float:
        """Return where the words of a column begin; -1 is the prompt's."""
        return (0 if column < 0 else self.columns[column].x) - _LEFT

    def fits(self, label: str, column: int) -> str:
        """Return as much of a label as its column has room for: whole words, or the start of a single one."""
        width = 1 if column < 0 else self.columns[column].width
        cut = shorten(label, int((width - 2 * _GAP) * self.step / _LETTER))
        whole, space, _ = cut.rpartition(" ")
        return f"{whole} …" if cut != label and space else cut

    def end(self, label: str, column: int, score: str = "") -> float:
        """Return where a line behind a label, with its score below it, may begin."""
        px = max(units(self.fits(label, column)) * _LETTER, len(score) * _DIGIT)
        return self.start(column) + px / self.step + 0.02


def _lines(figure: Figure, nodes: Sequence[TreeNode], place: _Places, rows: int, palette: Palette) -> None:
    """Draw from every node the line to the beam that it continues, kind above kind."""
    kinds: tuple[tuple[str, Callable[[TreeNode], bool], dict[str, Any]], ...] = (
        (
            "to dropped",
            lambda node: node.outcome in ("dropped", "lost"),
            {"width": 1, "dash": "dot", "color": palette.muted},
        ),
        ("to kept", lambda node: node.outcome in ("kept", "finished"), {"width": 1.5, "color": palette.accent}),
        ("leading text", lambda node: node.best, {"width": 5, "color": palette.accent}),
        ("greedy path", lambda node: node.greedy, {"width": 2.5, "color": palette.text}),
    )
    beams = {(node.column, node.row): node for node in nodes if node.outcome == "kept"}
    for name, of_kind, look in kinds:
        xs: list[float | None] = []
        ys: list[float | None] = []
        for node in filter(of_kind, nodes):
            before = None if node.parent is None else beams[node.column - 1, node.parent]
            end = (
                place.end(place.prompt, -1)
                if before is None
                else place.end(before.label, before.column, _score(before.total))
            )
            from_row = (rows - 1) / 2 if before is None else float(before.row)
            start = place.start(node.column) - 0.03
            # Level below the words up to the column's border, so that no line crosses a word of its own column.
            bend = max(end, start - 0.16)
            xs += [end, bend, start, None]
            ys += [from_row, from_row, float(node.row), None]
        figure.add(scatter(name=name, mode="lines", x=xs, y=ys, line=look, hoverinfo="skip"))


def _words(figure: Figure, nodes: Sequence[TreeNode], place: _Places, kind: str, palette: Palette) -> None:
    colour = {"kept": palette.accent, "finished": ramp_colour(palette, 0.75), "dropped": palette.muted}[kind]
    figure.add(
        scatter(
            name=kind,
            mode="text",
            x=[place.start(node.column) for node in nodes],
            y=[node.row for node in nodes],
            text=[_word(node, place) for node in nodes],
            textposition="middle right",
            textfont={"size": WORD, "color": colour},
            cliponaxis=False,
            customdata=[
                [
                    node.column,
                    node.row,
                    -1 if node.parent is None else node.parent,
                    list(node.tokens),
                    node.total,
                    node.normalised,
                ]
                for node in nodes
            ],
            hovertext=[_hover(node) for node in nodes],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )


def _word(node: TreeNode, place: _Places) -> str:
    """Return the word of a node and below it its score, small."""
    word = escape(place.fits(("■ " if node.outcome == "finished" else "") + node.label, node.column))
    word = f"<b>{word}</b>" if node.best else word
    score = node.total if node.normalised is None or node.outcome == "lost" else node.normalised
    return f'{word}<br><span style="font-size:{SCORE}px">{_score(score)}</span>'


def _hover(node: TreeNode) -> str:
    parts = [escape(node.label), f"sum {_score(node.total)}, number {node.rank:,} of all continuations"]
    if node.normalised is not None:
        parts.append(f"ended, score {_score(node.normalised)}")
    return "<br>".join(parts)


def _score(score: float) -> str:
    return f"{score:.2f}".replace("-", "\u2212")


def _root(figure: Figure, place: _Places, rows: int, palette: Palette) -> None:
    figure.add(
        scatter(
            name="prompt",
            mode="text",
            x=[place.start(-1)],
            y=[(rows - 1) / 2],
            text=[escape(place.fits(place.prompt, -1))],
            textposition="middle right",
            textfont={"size": WORD, "color": palette.text},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )


def _titles(figure: Figure, columns: Sequence[TreeColumn], palette: Palette) -> None:
    """Write above each column which step it is."""
    for x, title in [(0, "step"), *((column.x, column.title) for column in columns)]:
        figure.add_annotation(
            x=x - _LEFT,
            yref="paper",
            y=1,
            yanchor="bottom",
            xanchor="left",
            text=escape(title),
            showarrow=False,
            font={"size": 13, "color": palette.muted},
        )


def _key(figure: Figure, palette: Palette, *, greedy: bool) -> None:
    """Write above the tree what its colours mean, with that of a `greedy` path where one is drawn, and its numbers."""
    ended = ramp_colour(palette, 0.75)
    parts = (
        (palette.accent, "━", "leading text"),
        (palette.accent, "─", "kept"),
        (palette.muted, "┈", "dropped"),
        (ended, "■", "ended"),
        *(((palette.text, "━", "greedy path"),) if greedy else ()),
    )
    figure.add_annotation(
        name="legend",
        xref="paper",
        x=0,
        xanchor="left",
        yref="paper",
        y=1,
        yshift=24,
        yanchor="bottom",
        showarrow=False,
        align="left",
        text="   ".join(f'<span style="color:{colour}">{sign}</span> {name}' for colour, sign, name in parts)
        + "<br>below a token: ln p of the text so far; below ■: its score, that ÷ length^penalty",
        font={"size": 14, "color": palette.muted},
    )


def _mark(figure: Figure, column: TreeColumn, row: int, palette: Palette) -> None:
    """Frame the node that is open."""
    figure.add_shape(
        type="rect",
        x0=column.x - 0.48,
        x1=column.x + column.width - 1 + 0.4,
        y0=row - 0.46,
        y1=row + 0.46,
        line={"color": palette.text, "width": 2},
        layer="below",
    )
