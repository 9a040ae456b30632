"""The padded batch as one table. Axis letters: B sentence (rows), T column of the padded batch, W column of the window."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.figure import Figure, Trace, heatmap, scatter
from viz.base.text import escape
from viz.base.theme import CODE_FONT, MAX_FONT, MIN_FONT, Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Sizes in px. A row holds the token and, below it, id, mask and position.
ROW = 104
ROW_WITH_BRACKET = 128
TOP = 58
BOTTOM = 6
NUMBER_FONT = 16
COLUMN_FONT = 13
HEADER = 82
NARROWEST, WIDEST = 74, 120  # a label that is cut in its cell is whole where the pointer rests

# Where things stand in a row, as a share of its height from its middle.
BRACKET_AT, TOKEN_AT, TOKEN_BELOW_BRACKET_AT, NUMBERS_AT = -0.3, -0.28, -0.2, 0.18

# A short batch does not stretch over the whole screen: this many columns share its width at least.
FEWEST_COLUMNS = 7

# Width of a character of the code font, as a share of its size.
CHARACTER = 0.6


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """What the table shows: `labels[B][T]`; `ids`, `mask`, `positions` `[B, T]`; `read[b]`, the column of the next word.

    `brackets` are (row, first column, last column, character) of characters split over tokens.
    """

    labels: Sequence[Sequence[str]]
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    positions: NDArray[np.int64]
    read: Sequence[int]
    brackets: Sequence[tuple[int, int, int, str]] = ()

    @property
    def token_at(self) -> float:
        """Return where in a row its tokens stand, clear of the numbers below them."""
        return TOKEN_BELOW_BRACKET_AT if self.brackets else TOKEN_AT


def width(table: Table, window: range) -> int:
    """Return the px that the columns of `window` need at least; a narrower screen scrolls."""
    return HEADER + _cell(table, window) * len(window)


def batch_figure(table: Table, window: range, *, palette: Palette) -> Figure:
    """Return the table of the columns in `window`: token, id, mask and position stacked in each cell.

    Trace `mask` holds z `[B][W]`, the attention mask, and customdata (id, position, label); pads are hatched by the trace
    `padding`. The place where each row's next word is predicted is boxed in the accent colour; where the last column is another
    place, it is outlined and crossed. Column numbers are those of the whole batch.
    """
    shown = [bracket for bracket in table.brackets if bracket[1] < window.stop and bracket[2] >= window.start]
    written = _written(table, window, palette)
    figure = Figure([_mask(table, window, palette), _hatch(table, window, palette), *written])
    figure.add(*_brackets(shown, window, palette))
    # All at once: adding them one by one takes plotly seconds.
    figure.update_layout(
        shapes=_boxes(table, window, palette),
        annotations=[*_header(table, window, palette), *_captions(table, window, palette)],
    )
    rows = len(table.read)
    style(figure, palette, height=TOP + BOTTOM + rows * (ROW_WITH_BRACKET if table.brackets else ROW))
    figure.update_layout(margin={"t": TOP, "b": BOTTOM, "l": 2, "r": 4}, showlegend=False)
    left = window.start - 0.5 - HEADER / _cell(table, window)
    figure.update_xaxes(
        range=[left, max(window.stop, window.start + FEWEST_COLUMNS) - 0.48],
        tickvals=list(window),
        ticktext=[str(column) for column in window],
        tickfont={"size": COLUMN_FONT, "color": palette.muted},
        side="top",
        fixedrange=True,
    )
    figure.update_yaxes(range=[rows - 0.48, -0.52], visible=False, fixedrange=True)
    return figure


def _mask(table: Table, window: range, palette: Palette) -> Trace:
    columns = slice(window.start, window.stop)
    custom = [
        [(int(table.ids[b, t]), int(table.positions[b, t]), escape(table.labels[b][t])) for t in window]
        for b in range(len(table.read))
    ]
    return heatmap(
        name="mask",
        z=table.mask[:, columns],
        x=list(window),
        y=list(range(len(table.read))),
        customdata=custom,
        zmin=0,
        zmax=1,
        colorscale=[(0, palette.causes["padding"].tint), (1, palette.surface)],
        showscale=False,
        xgap=4,
        ygap=4,
        hovertemplate="<b>%{customdata[2]}</b><br>id %{customdata[0]}<br>mask %{z}<br>position %{customdata[1]}<extra></extra>",
    )


def _hatch(table: Table, window: range, palette: Palette) -> Trace:
    """Return diagonal strokes beside the word of every pad, above its id: a mark that survives greyscale."""
    x: list[float | None] = []
    y: list[float | None] = []
    for b, t in np.argwhere(table.mask[:, window.start : window.stop] == 0):
        column = window.start + int(t)
        for at in (-0.32, 0.32):
            x += [column + at - 0.1, column + at + 0.1, None]
            y += [int(b) - 0.18, int(b) - 0.38, None]
    line = {"color": palette.causes["padding"].mark, "width": 1}
    return scatter(name="padding", x=x, y=y, mode="lines", line=line, opacity=0.45, hoverinfo="skip")


def _written(table: Table, window: range, palette: Palette) -> list[Trace]:
    """Return the traces that write the tokens and the numbers below them."""
    room = _cell(table, window) - 10
    cells = [(b, t) for b in range(len(table.read)) for t in window]
    fitted = [_fit(table.labels[b][t], room) for b, t in cells]
    faint = [table.mask[b, t] == 0 for b, t in cells]
    common: dict[str, Any] = {"mode": "text", "hoverinfo": "skip", "x": [t for _, t in cells]}
    tokens = scatter(
        name="token",
        y=[b + table.token_at for b, _ in cells],
        text=[escape(text) for text, _ in fitted],
        textfont={
            "family": CODE_FONT,
            "size": [16 if pad else size for (_, size), pad in zip(fitted, faint, strict=True)],
            "color": [palette.causes["padding"].mark if pad else palette.text for pad in faint],
        },
        **common,
    )
    numbers = scatter(
        name="numbers",
        y=[b + NUMBERS_AT for b, _ in cells],
        text=[f"{table.ids[b, t]}<br>{table.mask[b, t]}<br>{table.positions[b, t]}" for b, t in cells],
        textfont={"size": NUMBER_FONT, "color": palette.muted},
        **common,
    )
    return [tokens, numbers]


def _header(table: Table, window: range, palette: Palette) -> list[dict[str, Any]]:
    """Return what the numbers above the table and the lines of a cell mean, written at the left."""
    at: dict[str, Any] = {"x": window.start - 0.56, "xanchor": "right", "align": "right", "showarrow": False}
    at["name"] = "row"  # by which it stays in view while the table scrolls
    font = {"size": NUMBER_FONT, "color": palette.muted}
    lines = (("token", table.token_at), ("id<br>mask<br>position", NUMBERS_AT))
    column = {
        "text": "column",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "yshift": -2,
        "font": {**font, "size": COLUMN_FONT},
        **at,
    }
    return [
        column,
        *({"text": text, "y": b + y, "font": font, **at} for b in range(len(table.read)) for text, y in lines),
    ]


def _brackets(brackets: Sequence[tuple[int, int, int, str]], window: range, palette: Palette) -> list[Trace]:
    """Return the brackets over the pieces of split characters, and the characters that they bear."""
    if not brackets:
        return []
    x: list[float | None] = []
    y: list[float | None] = []
    middles = []
    for row, first, last, _ in brackets:
        left, right = max(first, window.start) - 0.38, min(last, window.stop - 1) + 0.38
        top = row + BRACKET_AT
        x += [left, left, right, right, None]
        y += [top + 0.04, top, top, top + 0.04, None]
        middles.append((max(first, window.start) + min(last, window.stop - 1)) // 2)  # a cell’s middle, off its edges
    line = {"color": palette.muted, "width": 1.5}
    return [
        scatter(name="bracket", x=x, y=y, mode="lines", line=line, hoverinfo="skip"),
        scatter(
            name="character",
            x=middles,
            y=[row + BRACKET_AT - 0.075 for row, _, _, _ in brackets],
            text=[escape(character) for _, _, _, character in brackets],
            mode="text",
            textfont={"size": 18, "color": palette.text},
            hoverinfo="skip",
        ),
    ]


def _boxes(table: Table, window: range, palette: Palette) -> list[dict[str, Any]]:
    """Return the boxes where each next word is predicted, and the outlines of last columns that are another place."""
    last = table.mask.shape[1] - 1
    accent = {"color": palette.accent, "width": 4}
    if all(column == last for column in table.read):
        return [_box(last, -0.5, len(table.read) - 0.5, 0.5, accent)] if last in window else []
    boxes = [_box(t, b - 0.48, b + 0.48, 0.49, accent) for b, t in enumerate(table.read) if t in window]
    dotted = {"color": palette.text, "width": 2, "dash": "dot"}
    wrong = [b for b, column in enumerate(table.read) if column != last and last in window]
    return boxes + [_box(last, b - 0.45, b + 0.45, 0.46, dotted) for b in wrong]


def _box(column: int, top: float, bottom: float, half: float, line: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rect", "x0": column - half, "x1": column + half, "y0": top, "y1": bottom, "line": line}


def _captions(table: Table, window: range, palette: Palette) -> list[dict[str, Any]]:
    """Return the captions over the table: where the next word is predicted, and where it is not."""
    last = table.mask.shape[1] - 1
    top: dict[str, Any] = {"yref": "paper", "y": 1, "showarrow": False, "font": {"size": 16, "color": palette.accent}}
    if any(column != last for column in table.read):
        text = "<b>▢ the next word is predicted here</b>"
        captions = [{**top, "text": text, "x": window.start - 0.5, "xanchor": "left", "yshift": 44}]
        if last in window:
            # Where there is room, in the line of the other caption, above the numbers of the columns.
            shift = 44 if last - window.start > 4 else 25
            font = {"size": 16, "color": palette.text}
            dotted = {
                "text": "dotted: a pad",
                "x": last + 0.5,
                "xanchor": "right",
                "yshift": shift,
                "font": font,
            }
            captions.append({**top, **dotted, "bgcolor": palette.paper})
        return captions
    if last not in window:
        return []
    if last - window.start > 1:
        text, x, anchor = "<b>the next word is predicted here ▾</b>", last + 0.5, "right"
    else:
        text, x, anchor = "<b>▾ the next word is predicted here</b>", last - 0.5, "left"
    return [{**top, "text": text, "x": x, "xanchor": anchor, "yshift": 44}]


def _cell(table: Table, window: range) -> int:
    """Return the px of one column: enough for the longest label of the window at a good size, within bounds."""
    longest = max(_length(row[t]) for row in table.labels for t in window)
    return int(min(max(longest * CHARACTER * MAX_FONT + 16, NARROWEST), WIDEST))


def _fit(label: str, room: float) -> tuple[str, float]:
    """Return `label`, cut where it must be, and the size in px at which it fits into `room` px."""
    if _length(label) * CHARACTER * MIN_FONT > room:
        label = label[: max(int(room / CHARACTER / MIN_FONT) - 1, 1)] + "…"
    return label, min(room / CHARACTER / max(_length(label), 1), MAX_FONT)


def _length(text: str) -> float:
    """Return how many characters of the code font `text` is as wide as; East Asian ones are wider."""
    return sum(1.7 if unicodedata.east_asian_width(character) in "WF" else 1.0 for character in text)
