"""Pictures of attention heads: one of them large, all of them as a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.blocked import HOVER_UP_TO
from viz.heatmap import Geometry, geometry, matrix
from viz.labels import escape, number, shorten
from viz.theme import Palette, ramp_colour, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Why a query may not read a key, as the end of a sentence.
REASONS = {
    "padding": "it is padding",
    "hand": "it is hidden by hand",
    "pattern": "the pattern leaves it out",
    "causal": "it comes later",
}
MAP_WIDTH = 290  # px; what is left beside the large head on a screen of 1,400
MAP_HEIGHT = 440


def head(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    last: int,
    pieces: Sequence[tuple[int, int, str]] = (),
) -> go.Figure:
    """Return the figure of one head: `weights[T, T]` under the blocked cells of each cause `[T, T]`.

    `last` is the row whose mix predicts the next word; `pieces` are (first, last, character) of tokens that are bytes of
    one character.
    """
    blocked = np.any(list(causes.values()), axis=0)  # (Q, K)
    values = np.where(blocked, np.nan, weights.astype(np.float32))  # (Q, K)
    shown = _joined(labels, pieces)
    hover = _sentences(values, shown, causes) if len(labels) <= HOVER_UP_TO else None
    figure = matrix(values, labels=shown, palette=palette, causes=_first_cause(causes), hover=hover)
    place = geometry([shorten(label) for label in shown])
    _mark_last(figure, shown[last], last, palette, place)
    for top, bottom in _spans(blocked.all(-1)):
        _set_apart(figure, top, bottom, len(labels), palette, place)
    for start, end, _ in pieces:
        _bracket(figure, start, end, palette)
    return figure


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
    told = []
    for q, query in enumerate(names):
        row = []
        for k, key in enumerate(names):
            if np.isnan(values[q, k]):
                reasons = " and ".join(REASONS[cause] for cause, cells in causes.items() if cells[q, k])
                row.append(f"<b>{query}</b> may not read <b>{key}</b>: {reasons}")
            else:
                row.append(f"<b>{query}</b> reads <b>{key}</b>: {number(float(values[q, k]))} of its mix")
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
    role = f'<span style="color:{palette.accent};font-size:14px">→ next word</span>'
    texts[ticks.index(last)] = f"{text}<br>{role}" if place.cell >= 2.2 * place.font else f"{text} {role}"
    figure.update_yaxes(tickvals=ticks, ticktext=texts)


def _spans(rows: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of True."""
    edges = np.flatnonzero(np.diff(rows, prepend=False, append=False))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


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


def overview(
    picture: NDArray[np.uint8],
    *,
    pitch: int,
    gap: int,
    weight_code: int,
    causes: Sequence[str],
    facts: Sequence[Sequence[str]],
    opened: tuple[int, int],
    telling: Sequence[tuple[int, int]] = (),
    palette: Palette,
) -> go.Figure:
    """Return all layers (down) and heads (across) as one tiled picture with an invisible marker per head for clicks.

    `picture` holds codes: 0 gap, then one per cause of `causes`, from `weight_code` to 255 the square root of the weight.
    `facts[L][H]` is what the hover adds to a head's name. `opened` is framed; `telling` heads get a thin frame.
    """
    L, H = len(facts), len(facts[0])
    tile = min((MAP_WIDTH - 40) / H, MAP_HEIGHT / L)
    start = -0.5 + (0.5 + gap / 2) / pitch
    figure = go.Figure(
        go.Heatmap(
            z=picture,
            name="weight",
            x0=start,
            dx=1 / pitch,
            y0=start,
            dy=1 / pitch,
            zmin=0,
            zmax=255,
            colorscale=_code_scale(palette, causes, weight_code),
            showscale=False,
            hoverinfo="skip",
            meta={"weight": f"((z - {weight_code}) / {255 - weight_code}) ** 2", "gap": 0, "blocked": list(causes)},
        )
    )
    figure.add_trace(_targets(facts, tile))
    style(figure, palette, height=round(34 + tile * L + 6))
    every = max(1, -(-16 // int(tile)))
    ticks = {"tickfont": {"size": 13, "color": palette.muted}, "automargin": False, "ticklen": 0, "fixedrange": True}
    figure.update_xaxes(
        **ticks, range=[-0.5, H - 0.5], side="top", tickvals=list(range(0, H, every)), title=_title("head", palette)
    )
    figure.update_yaxes(
        **ticks, range=[L - 0.5, -0.5], tickvals=list(range(0, L, every)), title=_title("layer", palette)
    )
    for layer, at in telling:
        _frame(figure, layer, at, palette.text, 1)
    _frame(figure, *opened, palette.accent, 3)
    figure.update_layout(
        width=round(40 + tile * H),
        margin={"l": 36, "r": 4, "t": 34, "b": 6, "autoexpand": False},
        showlegend=False,
        clickmode="event+select",
        hovermode="closest",
    )
    return figure


def _title(text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "font": {"size": 13, "color": palette.muted}, "standoff": 2}


def _code_scale(palette: Palette, causes: Sequence[str], weight_code: int) -> list[tuple[float, str]]:
    """Return the colour scale of the codes 0 to 255: steps for gap and causes, then the ramp."""
    steps = [palette.paper, *(palette.causes[cause].tint for cause in causes)]
    scale = [((code + shift) / 255, colour) for code, colour in enumerate(steps) for shift in (-0.5, 0.4999)]
    scale[0] = (0.0, scale[0][1])
    ramp = [((weight_code + (255 - weight_code) * i / 16) / 255, ramp_colour(palette, i / 16)) for i in range(17)]
    return [*scale, ((weight_code - 0.5) / 255, ramp[0][1]), *ramp]


def _targets(facts: Sequence[Sequence[str]], tile: float) -> go.Scatter:
    """Return one invisible square per head: what a click opens and the hover names."""
    at = [(layer, head) for layer, row in enumerate(facts) for head in range(len(row))]
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=[head for _, head in at],
        y=[layer for layer, _ in at],
        name="heads",
        mode="markers",
        marker={"symbol": "square", "size": tile, "opacity": 0},
        selected=unseen,
        unselected=unseen,
        customdata=at,
        text=[f"layer {layer}, head {head}<br>{escape(facts[layer][head])}" for layer, head in at],
        hovertemplate="%{text}<extra></extra>",
    )


def _frame(figure: go.Figure, layer: int, head: int, colour: str, width: int) -> None:
    figure.add_shape(
        type="rect",
        x0=head - 0.5,
        x1=head + 0.5,
        y0=layer - 0.5,
        y1=layer + 0.5,
        line={"color": colour, "width": width},
    )
