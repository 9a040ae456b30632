"""The padded batch as one table. Axis letters: B sentence (rows), T column of the padded batch, W column of the window."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.theme import CODE_FONT, MAX_FONT, MIN_FONT, Palette, style
from viz.words import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Sizes in px. A row holds the token and, below it, id, mask and position.
ROW = 108
ROW_WITH_BRACKET = 132
TOP = 58
BOTTOM = 6
NUMBER_FONT = 16
HEADER = 82
NARROWEST, WIDEST = 74, 190

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


def width(table: Table, window: range) -> int:
    """Return the px that the columns of `window` need at least; a narrower screen scrolls."""
    return HEADER + _cell(table, window) * len(window)


def batch_figure(table: Table, window: range, *, palette: Palette) -> go.Figure:
    """Return the table of the columns in `window`: token, id, mask and position stacked in each cell.

    Trace `mask` holds z `[B][W]`, the attention mask, and customdata (id, position, label); pads are hatched by the trace
    `padding`. The place where each row's next word is read is boxed in the accent colour; where the last column is another
    place, it is outlined and crossed. Column numbers are those of the whole batch.
    """
    figure = go.Figure(_mask(table, window, palette))
    figure.add_trace(_hatch(table, window, palette))
    _write(figure, table, window, palette)
    shown = [bracket for bracket in table.brackets if bracket[1] in window or bracket[2] in window]
    _draw_brackets(figure, shown, window, palette)
    _draw_boxes(figure, table, window, palette)
    rows = len(table.read)
    style(figure, palette, height=TOP + BOTTOM + rows * (ROW_WITH_BRACKET if shown else ROW))
    figure.update_layout(margin={"t": TOP, "b": BOTTOM, "l": 2, "r": 4}, showlegend=False)
    left = window.start - 0.5 - HEADER / _cell(table, window)
    figure.update_xaxes(
        range=[left, max(window.stop, window.start + FEWEST_COLUMNS) - 0.48],
        tickvals=list(window),
        ticktext=[str(column) for column in window],
        tickfont={"size": 13, "color": palette.muted},
        side="top",
        fixedrange=True,
    )
    figure.update_yaxes(range=[rows - 0.48, -0.52], visible=False, fixedrange=True)
    return figure


def _mask(table: Table, window: range, palette: Palette) -> go.Heatmap:
    columns = slice(window.start, window.stop)
    custom = [
        [(int(table.ids[b, t]), int(table.positions[b, t]), plain(table.labels[b][t])) for t in window]
        for b in range(len(table.read))
    ]
    return go.Heatmap(
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


def _hatch(table: Table, window: range, palette: Palette) -> go.Scatter:
    """Return diagonal strokes over every pad: a mark that survives greyscale."""
    x: list[float | None] = []
    y: list[float | None] = []
    for b, t in np.argwhere(table.mask[:, window.start : window.stop] == 0):
        column = window.start + int(t)
        for at in (-0.2, 0.2):
            x += [column + at - 0.14, column + at + 0.14, None]
            y += [int(b) - 0.06, int(b) - 0.34, None]
    line = {"color": palette.causes["padding"].mark, "width": 1}
    return go.Scatter(name="padding", x=x, y=y, mode="lines", line=line, opacity=0.45, hoverinfo="skip")


def _write(figure: go.Figure, table: Table, window: range, palette: Palette) -> None:
    """Add the tokens, the numbers below them, and what the lines mean at the left of each row."""
    room = _cell(table, window) - 10
    rows = range(len(table.read))
    cells = [(b, t) for b in rows for t in window]
    fitted = [_fit(table.labels[b][t], room) for b, t in cells]
    faint = [table.mask[b, t] == 0 for b, t in cells]
    numbers = [f"{table.ids[b, t]}<br>{table.mask[b, t]}<br>{table.positions[b, t]}" for b, t in cells]
    common: dict[str, Any] = {"mode": "text", "hoverinfo": "skip", "x": [t for _, t in cells]}
    figure.add_scatter(
        name="token",
        y=[b - 0.2 for b, _ in cells],
        text=[plain(text) for text, _ in fitted],
        textfont={
            "family": CODE_FONT,
            "size": [16 if pad else size for (_, size), pad in zip(fitted, faint, strict=True)],
            "color": [palette.causes["padding"].mark if pad else palette.text for pad in faint],
        },
        **common,
    )
    figure.add_scatter(
        name="numbers",
        y=[b + 0.18 for b, _ in cells],
        text=numbers,
        textfont={"size": NUMBER_FONT, "color": palette.muted},
        **common,
    )
    for b in rows:
        at: dict[str, Any] = {"x": window.start - 0.56, "xanchor": "right", "align": "right", "showarrow": False}
        font = {"size": NUMBER_FONT - 1, "color": palette.muted}
        figure.add_annotation(text="token", y=b - 0.2, font=font, **at)
        figure.add_annotation(text="id<br>mask<br>position", y=b + 0.18, font={**font, "size": NUMBER_FONT}, **at)


def _draw_brackets(
    figure: go.Figure, brackets: Sequence[tuple[int, int, int, str]], window: range, palette: Palette
) -> None:
    """Join the pieces of each split character under a bracket that bears the character."""
    for row, first, last, character in brackets:
        start, stop = max(first, window.start), min(last, window.stop - 1)
        left, right, top = start - 0.4, stop + 0.4, row - 0.37
        line = {"color": palette.text, "width": 1.5}
        path = f"M {left},{top + 0.05} L {left},{top} L {right},{top} L {right},{top + 0.05}"
        figure.add_shape(type="path", path=path, line=line)
        figure.add_annotation(
            x=(start + stop) / 2,
            y=top,
            text=plain(character),
            font={"size": 17, "color": palette.text},
            bgcolor=palette.surface,
            borderpad=1,
            showarrow=False,
        )


def _draw_boxes(figure: go.Figure, table: Table, window: range, palette: Palette) -> None:
    """Box where each next word is read; cross the last column where that is another place."""
    last = table.mask.shape[1] - 1
    wrong = [b for b, column in enumerate(table.read) if column != last]
    accent = {"color": palette.accent, "width": 4}
    if not wrong and last in window:
        figure.add_shape(type="rect", x0=last - 0.5, x1=last + 0.5, y0=-0.5, y1=len(table.read) - 0.5, line=accent)
    for b, column in enumerate(table.read):
        if wrong and column in window:
            figure.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=b - 0.48, y1=b + 0.48, line=accent)
    for b in wrong:
        if last in window:
            line = {"color": palette.text, "width": 2, "dash": "dot"}
            figure.add_shape(type="rect", x0=last - 0.46, x1=last + 0.46, y0=b - 0.45, y1=b + 0.45, line=line)
    top: dict[str, Any] = {"yref": "paper", "y": 1, "showarrow": False, "font": {"size": 16, "color": palette.accent}}
    if wrong:
        text = "<b>▢ the next word is read at each row’s last real token</b>"
        figure.add_annotation(text=text, x=window.start - 0.5, xanchor="left", yshift=44, **top)
        if last in window:
            top["font"] = {"size": 16, "color": palette.text}
            figure.add_annotation(text="✗ not here", x=last, yshift=25, bgcolor=palette.paper, **top)
    elif last in window:
        far = last - window.start > 1
        figure.add_annotation(
            text="<b>the next word is read here ▾</b>" if far else "<b>▾ the next word is read here</b>",
            x=last + 0.5 if far else last - 0.5,
            xanchor="right" if far else "left",
            yshift=44,
            **top,
        )


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
