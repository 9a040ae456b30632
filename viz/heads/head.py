"""One attention head, large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.hatching import HOVER_UP_TO, REASONS, spans
from viz.base.matrix import DIGIT, NUMBERS_UP_TO, WIDTH, Geometry, geometry, matrix, written
from viz.base.patch import Changes, packed
from viz.base.text import escape, number, shorten, units
from viz.base.theme import Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray


# What stands beside the last row's label, and the px that it takes with the gap before it: as much of it as there is room.
ROLES = {"→ next word": 84, "→ next": 56}
EDGE = 8  # px between a label and the edges of its place


def head(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    last: int,
    pieces: Sequence[tuple[int, int, str]] = (),
    name: str = "",
    width: int = WIDTH,
) -> go.Figure:
    """Return the figure of one head: `weights[T, T]` under the blocked cells of each cause `[T, T]`.

    `last` is the row whose mix predicts the next word; `pieces` are (first, last, character) of tokens that are bytes of
    one character; `name`, such as `layer 3<br>head 3`, is written beside the key. It is at most `width` px wide where its
    cells can be small enough.
    """
    values = _visible(weights, causes)  # (Q, K)
    shown = _joined(labels, pieces)
    hover = _sentences(values, shown, causes) if len(labels) <= HOVER_UP_TO else None
    figure = matrix(values, labels=shown, palette=palette, causes=_first_cause(causes), hover=hover, width=width)
    place = geometry([shorten(label) for label in shown], width)
    _mark_last(figure, shown[last], last, palette, place)
    for top, bottom in spans(np.isnan(values).all(-1)):
        _set_apart(figure, top, bottom, len(labels), palette, place)
    for start, end, _ in pieces:
        _bracket(figure, start, end, palette)
    if name:
        _sign(figure, name, palette)
    return figure


def head_changes(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    pieces: Sequence[tuple[int, int, str]] = (),
    name: str = "",
) -> Changes:
    """Return what turns the figure of one head into that of another on the same sentence."""
    values = _visible(weights, causes)  # (Q, K)
    shown = _joined(labels, pieces)
    traces: dict[str, dict[str, Any]] = {"weight": {"z": packed(values)}}
    if len(labels) <= HOVER_UP_TO:
        traces["weight"]["hovertext"] = _sentences(values, shown, causes)
    if len(labels) <= NUMBERS_UP_TO:
        traces["numbers"] = written(values, palette, geometry([shorten(label) for label in shown]))
    return Changes(traces=traces, annotations={"opened": {"text": name}})


def _visible(weights: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]]) -> NDArray[Any]:
    """Return the weights `[Q, K]`, NaN where a cause blocks."""
    return np.where(np.any(list(causes.values()), axis=0), np.nan, weights.astype(np.float32))


def _sign(figure: go.Figure, name: str, palette: Palette) -> None:
    """Write beside the key which head this is, so that a picture taken home says it."""
    figure.add_annotation(
        name="opened",
        text=name,
        xref="x domain",
        yref="y domain",
        x=0,
        y=0,
        xshift=-8,
        yshift=-34,
        xanchor="right",
        yanchor="top",
        align="right",
        showarrow=False,
        font={"size": 14, "color": palette.text},
    )


def _first_cause(causes: Mapping[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """Return the causes without overlaps: each cell belongs to the first cause that names it."""
    taken = np.zeros_like(next(iter(causes.values())))
    found = {}
    for cause, cells in causes.items():
        found[cause] = cells & ~taken
        taken = taken | cells
    return found


def _joined(labels: Sequence[str], pieces: Sequence[tuple[int, int, str]]) -> list[str]:
    """Return the labels, those of a split character with the character before its bytes."""
    found = list(labels)
    for start, end, character in pieces:
        for i in range(start, end + 1):
            found[i] = f"{character} {labels[i].lstrip('␣')}"
    return found


def _sentences(values: NDArray[Any], labels: Sequence[str], causes: Mapping[str, NDArray[np.bool_]]) -> list[list[str]]:
    """Return what the hover says of each cell: the weight in words, or why there is none, with every cause."""
    names = [escape(label) for label in labels]
    # The place of each weight in its row, from 1; blocked cells, which are NaN, come last and are not told.
    ranks = np.argsort(np.argsort(-values, axis=-1, kind="stable"), axis=-1, kind="stable") + 1
    told = []
    for q, query in enumerate(names):
        row = []
        for k, key in enumerate(names):
            if np.isnan(values[q, k]):
                reasons = " and ".join(REASONS[cause] for cause, cells in causes.items() if cells[q, k])
                row.append(f"<b>{query}</b> may not read <b>{key}</b>: {reasons}")
            else:
                row.append(
                    f"<b>{query}</b> reads <b>{key}</b>: {number(float(values[q, k]))} of its mix, number {ranks[q, k]}"
                )
        told.append(row)
    return told


def _mark_last(figure: go.Figure, label: str, last: int, palette: Palette, place: Geometry) -> None:
    """Say on its label what the last row is for: its mix predicts the next word."""
    axis = figure.layout.yaxis
    ticks, texts = list(axis.tickvals), list(axis.ticktext)
    if last not in ticks:
        near = [i for i, tick in enumerate(ticks) if abs(tick - last) < place.step]
        for i in reversed(near):
            del ticks[i], texts[i]
        ticks.append(last)
        texts.append("")
    text = f'<b style="color:{palette.accent}">{escape(shorten(label))}</b>'
    below = place.cell >= 2.2 * place.font
    room = place.left - EDGE - (0 if below else units(shorten(label)) * place.font * DIGIT)
    told = next((role for role, width in ROLES.items() if width <= room), "→")
    role = f'<span style="color:{palette.accent};font-size:14px">{told}</span>'
    texts[ticks.index(last)] = f"{text}<br>{role}" if below else f"{text} {role}"
    figure.update_yaxes(tickvals=ticks, ticktext=texts)


def _set_apart(figure: go.Figure, top: int, bottom: int, tokens: int, palette: Palette, place: Geometry) -> None:
    """Fade rows that may read nothing, and write so across them."""
    figure.add_shape(
        type="rect",
        x0=-0.5,
        x1=tokens - 0.5,
        y0=top - 0.5,
        y1=bottom + 0.5,
        line={"width": 0},
        fillcolor=palette.paper,
        opacity=0.6,
    )
    high = (bottom - top + 1) * place.cell
    figure.add_annotation(
        x=(tokens - 1) / 2,
        y=(top + bottom) / 2,
        text="reads nothing" if top == bottom else "these rows read nothing",
        showarrow=False,
        font={"size": int(min(18, max(12, high * 0.5))), "color": palette.text},
        bgcolor=palette.paper,
        borderpad=4,
    )


def _bracket(figure: go.Figure, start: int, end: int, palette: Palette) -> None:
    """Draw a line beside the labels of tokens that are one character, on both axes."""
    ends = {"type": "line", "line": {"color": palette.accent, "width": 3}}
    a, b = start - 0.4, end + 0.4
    figure.add_shape(**ends, xref="x", yref="y domain", x0=a, x1=b, y0=1, y1=1, yanchor="y")
    figure.add_shape(**ends, xref="x domain", yref="y", x0=0, x1=0, y0=a, y1=b)
