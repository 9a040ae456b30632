"""Masks as pictures: the small layers, and the large combination with cells to choose. Axes: Q down, K right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.axes import outline
from viz.base.click_targets import targets, unseen
from viz.base.hatching import GAPS_UP_TO, HOVER_UP_TO, filling, path, spans
from viz.base.matrix import DIGIT, WIDTH, geometry
from viz.base.text import escape, shorten, units
from viz.base.theme import Palette, weight_scale
from viz.heads.head import head

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Each marker that takes a click is a node of its own: above this many tokens a cell is chosen by number alone.
CLICKS_UP_TO = 48

TRACE = "visible"

# Side of a small picture in px: Streamlit draws no figure narrower than this.
SMALL = 150
SMALL_EDGE = 5
SMALLEST_NUMBER = 10  # px; smaller ones are told on hover alone
NEXT = 66  # px of “→ next” beside the last row, and of the gaps around it
LEGEND = 84  # px below the combination; without a colour bar the legend moves up
STACKED_LEGEND = 150  # px for six entries, one a line


def combined(
    visible: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    sentences: Sequence[Sequence[str]] | None,
    palette: Palette,
    last: int,
    chosen: tuple[int, int] | None = None,
    width: int = WIDTH,
) -> go.Figure:
    """Return what each query row may see: `visible[T, T]`, 0, 1 or the weight between, NaN in z where blocked.

    `sentences[T][T]` are plain text, one per cell, or None above HOVER_UP_TO tokens. The trace `cells` lies over the
    picture, takes clicks and carries (query, key) in its customdata. `chosen` is framed, `last` predicts the next word.
    """
    figure = head(visible, labels=labels, causes=causes, palette=palette, last=last, width=width)
    _keep_what_masks_need(figure, visible, labels, width)
    told = None if sentences is None else [[_wrapped(one) for one in row] for row in sentences]
    figure.update_traces(
        selector={"type": "heatmap"},
        hovertext=told,
        hoverongaps=told is not None,
        hovertemplate="%{hovertext}<extra></extra>" if told else "“%{y}” may read “%{x}”<extra></extra>",
    )
    figure.add_trace(entry("may be read", palette.ramp[-1], palette))
    if ((visible > 0) & (visible < 1)).any():
        figure.add_trace(entry("softened", palette.ramp[5], palette))
    place = geometry([shorten(label) for label in labels], width)
    if len(labels) <= CLICKS_UP_TO and told is not None:
        figure.add_trace(targets(told, name="cells", size=place.cell, showlegend=False))
    if chosen is not None:
        outline(figure, *chosen, palette)
    _make_room(figure, units(shorten(labels[last])) * place.font * DIGIT)
    figure.update_layout(clickmode="event+select")
    return figure


def without_bar(figure: go.Figure, name: str, labels: Sequence[str], width: int = WIDTH) -> go.Figure:
    """Return the matrix `name` of heatmap.py, made for `width` px, without its colour bar and numbers that are too small.

    The legend moves up; in a narrow figure its entries stand below each other.
    """
    room = LEGEND if width >= WIDTH else STACKED_LEGEND
    place = geometry([shorten(label) for label in labels], width)
    kept = [trace for trace in figure.data if trace.type != "scatter" or not trace.marker.colorbar.tickvals]
    figure.data = [trace for trace in kept if trace.name != "numbers" or trace.textfont.size >= SMALLEST_NUMBER]
    figure.layout.annotations = [note for note in figure.layout.annotations if note.text != name]
    figure.update_layout(
        height=place.size(len(labels))[1] - place.bottom + room,
        margin={"b": room},
        legend={"y": -14 / (place.cell * len(labels))},
    )
    return figure


def entry(label: str, colour: str, palette: Palette) -> go.Bar:
    """Return an entry of the legend that has no trace of its own."""
    return go.Bar(x=[None], y=[None], name=label, marker={"color": colour, "line": {"width": 1, "color": palette.line}})


def _make_room(figure: go.Figure, label: float) -> None:
    """Keep what stands beside the last row's label, of `label` px, within the figure: shorter words, a wider margin."""
    texts = [
        re.sub(r">→[^<]*<", ">→ next<", text) if "<br>" not in text else text for text in figure.layout.yaxis.ticktext
    ]
    figure.layout.yaxis.ticktext = texts
    if any("→ next<" in text for text in texts):
        more = max(0, round(label) + NEXT - figure.layout.margin.l)
        figure.update_layout(width=figure.layout.width + more, margin={"l": figure.layout.margin.l + more})


def _keep_what_masks_need(figure: go.Figure, visible: NDArray[Any], labels: Sequence[str], width: int) -> None:
    """Turn the picture of a head into that of a mask: no colour bar, and numbers only where a weight lies between."""
    without_bar(figure, "weight", labels, width)
    figure.update_traces(selector={"type": "heatmap"}, name=TRACE)
    for trace in figure.select_traces(selector={"name": "numbers"}):
        soft = [0 < visible[int(q), int(k)] < 1 for q, k in zip(trace.y, trace.x, strict=True)]
        colours = [colour for colour, keep in zip(trace.textfont.color, soft, strict=True) if keep]
        trace.update(
            x=[x for x, keep in zip(trace.x, soft, strict=True) if keep],
            y=[y for y, keep in zip(trace.y, soft, strict=True) if keep],
            text=[text for text, keep in zip(trace.text, soft, strict=True) if keep],
            textfont={"color": colours or None, "size": trace.textfont.size},
        )


def _wrapped(sentence: str) -> str:
    """Return `sentence` for a hover label, broken after the colon so that it fits a phone."""
    return escape(sentence).replace(": ", ":<br>", 1)


def layer(
    visible: NDArray[Any],
    *,
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    name: str = "",
    on: bool = False,
) -> go.Figure:
    """Return one mask as a small square without labels: `visible[T, T]`, NaN in z where one of `causes` blocks.

    With a `name`, the trace `choose` lies over it, takes a click and carries the name in its customdata. `on` frames it.
    """
    T = len(visible)
    blocked = np.any(list(causes.values()), axis=0)
    areas = [_area(cause, at, palette) for cause, at in causes.items() if at.any()]
    # Made in one go: each later change of a figure costs as much as the whole, and a page draws ten of these.
    return go.Figure(
        data=[
            _cells(np.where(blocked, np.nan, np.asarray(visible, dtype=np.float32)), palette),
            *areas,
            *([_chooser(name, T)] if name else []),
        ],
        layout=_small(T, palette, on=on),
    )


def _cells(z: NDArray[np.float32], palette: Palette) -> go.Heatmap:
    """Return the cells `z[T, T]` of a small picture."""
    gap = 1 if len(z) <= GAPS_UP_TO else 0
    return go.Heatmap(
        z=z,
        name=TRACE,
        zmin=0,
        zmax=1,
        colorscale=weight_scale(palette),
        showscale=False,
        xgap=gap,
        ygap=gap,
        hoverinfo="skip",
    )


def _small(tokens: int, palette: Palette, *, on: bool) -> dict[str, Any]:
    """Return the layout of a small picture: no axes, a frame, a strong one when `on`."""
    line = {"color": palette.accent if on else palette.line, "width": 4 if on else 1}
    low, high = -0.5, tokens - 0.5
    edge = {"type": "rect", "x0": low, "x1": high, "y0": low, "y1": high, "line": line, "layer": "above"}
    axis = {"visible": False, "fixedrange": True}
    return {
        "width": SMALL,
        "height": SMALL,
        "margin": dict.fromkeys("lrtb", SMALL_EDGE) | {"autoexpand": False},
        "paper_bgcolor": palette.paper,
        "plot_bgcolor": palette.paper,
        "hoverlabel": {"bgcolor": palette.surface, "font": {"color": palette.text, "size": 15}},
        "showlegend": False,
        "dragmode": False,
        "clickmode": "event+select",
        "shapes": [edge],
        "xaxis": {**axis, "range": [low, high]},
        "yaxis": {**axis, "range": [high, low]},
    }


def _area(cause: str, blocked: NDArray[np.bool_], palette: Palette) -> go.Scatter:
    """Return the hatched area of one cause: a rectangle per run of blocked cells in a row."""
    look = palette.causes[cause]
    x, y = path((row, row, *run) for row, cells in enumerate(blocked) for run in spans(cells))
    return go.Scatter(
        x=x,
        y=y,
        name=cause,
        mode="none",
        fill="toself",
        fillcolor=look.tint,
        fillpattern=filling(look, 5),
        hoverinfo="skip",
    )


def _chooser(name: str, tokens: int) -> go.Scatter:
    """Return the invisible square that takes a click on the whole small picture."""
    return go.Scatter(
        x=[(tokens - 1) / 2],
        y=[(tokens - 1) / 2],
        name="choose",
        customdata=[name],
        hovertemplate=f"choose {name}<extra></extra>",
        **unseen(SMALL - 2 * SMALL_EDGE),
    )


def told_up_to(tokens: int) -> bool:
    """Return whether each cell of a picture of so many tokens carries its own sentence."""
    return tokens <= HOVER_UP_TO
