"""One token x token matrix: separate cells, blocked cells receding under the mark of their cause. Axes: Q down, K right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.hatching import GAPS_UP_TO, HOVER_UP_TO, area, swatch
from viz.base.patch import LISTS_UP_TO
from viz.base.text import escape, number, shorten, units
from viz.base.theme import MAX_FONT, MIN_FONT, WEIGHT_TICKS, Palette, ink, ramp_colour, style, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Above this many tokens no numbers are drawn in the cells.
NUMBERS_UP_TO = 24

LEAST_LEFT = 104  # px; what the words beside the last row need
WIDTH = 600  # px; what the page leaves for it beside the map of heads on a screen of 1,400
LARGEST_CELL = 84
LEAST_SIDE = 320  # px of the whole matrix: the key below it needs them, also for one token
LEGEND_ENTRY, LEGEND_LINE = 180, 26  # px of one entry below the matrix, and of one line of them
DIGIT = 0.53  # width of a digit, in font sizes


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where things stand, in px: `cell` a side, `font` of the labels, every `step`-th token labelled, the margins."""

    cell: float
    font: int
    step: int
    upright: bool
    left: int
    top: int
    right: int = 24
    bottom: int = 100

    def size(self, tokens: int) -> tuple[int, int]:
        """Return (width, height) of the whole figure."""
        side = round(self.cell * tokens)
        return self.left + side + self.right, self.top + side + self.bottom


def geometry(labels: Sequence[str], width: int = WIDTH) -> Geometry:
    """Return where things stand for a matrix of these labels; the cells are as large as fits into `width` px."""
    T = len(labels)
    widest = max(units(label) for label in labels)
    font, left, right, long, upright = MAX_FONT, 0, 0, 0.0, True
    largest = max(float(LARGEST_CELL), LEAST_SIDE / T)
    cell = largest
    for font in range(MAX_FONT - 2, MIN_FONT - 1, -1):
        left = max(16 + round(widest * font * DIGIT), LEAST_LEFT)
        cell = min(largest, (width - left - Geometry.right) / T)
        right, long = Geometry.right, widest * font * DIGIT
        upright = long <= cell - 4
        if not upright:  # plotly hides a slanted label that would leave the figure
            reaches = (0.72 * units(label) * font * DIGIT - i * cell for i, label in enumerate(reversed(labels)))
            right = max(right, round(max(reaches)) + 8)
            cell = min(cell, (width - left - right) / T)
        if font * 1.25 <= cell:
            break
    top = 24 + (font if upright else max(24, round(0.72 * long + 0.8 * font)))
    step = max(1, math.ceil(font * 1.25 / cell))
    return Geometry(cell=cell, font=font, step=step, upright=upright, left=left, top=top, right=right)


def matrix(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    palette: Palette,
    causes: Mapping[str, NDArray[np.bool_]],
    hover: Sequence[Sequence[str]] | None = None,
    name: str = "weight",
    width: int = WIDTH,
) -> go.Figure:
    """Return the figure of `values[T, T]` over 0 to 1, NaN where blocked; `causes` tells why, one `[T, T]` per cause.

    `labels` are plain text; `hover` holds finished (escaped) sentences, one per cell. Traces: the matrix itself, named
    `name`, one hatched area per cause that occurs, the numbers in the cells, the key to small weights with the colour bar.
    """
    T = len(labels)
    short = [shorten(label) for label in labels]
    place = geometry(short, width)
    figure = go.Figure(_cells(values, palette, place, hover, name))
    for cause, cells in causes.items():
        if cells.any():
            figure.add_trace(area(cause, cells, palette, cell=place.cell, gap=_gap(place, T)))
            figure.add_trace(swatch(cause, palette))
    if T <= NUMBERS_UP_TO:
        figure.add_trace(_numbers(values, palette, place))
    figure.add_trace(_key(palette))
    width, height = place.size(T)
    lines = -(-(1 + sum(bool(cells.any()) for cells in causes.values())) // max(1, int(place.cell * T) // LEGEND_ENTRY))
    more = LEGEND_LINE * (max(lines, 1) - 1)
    height += more
    style(figure, palette, height=height)
    _axes(figure, short, labels, palette, place)
    _directions(figure, palette, name)
    figure.update_layout(
        width=width,
        margin={"l": place.left, "r": place.right, "t": place.top, "b": place.bottom + more, "autoexpand": False},
        legend={"y": -56 / (place.cell * T), "font": {"size": 15}, "itemclick": False, "itemdoubleclick": False},
        uirevision=f"{name} {T}",
        hovermode="closest",
    )
    return figure


def _cells(
    values: NDArray[Any], palette: Palette, place: Geometry, hover: Sequence[Sequence[str]] | None, name: str
) -> go.Heatmap:
    gap = _gap(place, len(values))
    told = hover is not None and len(values) <= HOVER_UP_TO
    return go.Heatmap(
        z=values.tolist() if len(values) <= LISTS_UP_TO else values,
        name=name,
        zmin=0,
        zmax=1,
        colorscale=weight_scale(palette),
        showscale=False,
        xgap=gap,
        ygap=gap,
        hovertext=hover if told else None,
        hoverongaps=told,
        hovertemplate="%{hovertext}<extra></extra>"
        if told
        else "“%{y}” reads “%{x}”: %{z:.2~g} of its mix<extra></extra>",
    )


def _gap(place: Geometry, tokens: int) -> float:
    return max(1.0, round(place.cell / 20)) if tokens <= GAPS_UP_TO else 0.0


def _numbers(values: NDArray[Any], palette: Palette, place: Geometry) -> go.Scatter:
    """Return the numbers in the cells, each in the colour that reads best on its cell."""
    seen = np.argwhere(~np.isnan(values))
    return go.Scatter(
        x=seen[:, 1],
        y=seen[:, 0],
        name="numbers",
        mode="text",
        hoverinfo="skip",
        showlegend=False,
        **written(values, palette, place),
    )


def written(values: NDArray[Any], palette: Palette, place: Geometry) -> dict[str, Any]:
    """Return what the numbers in the cells of `values[T, T]` say and how large and in which colours, row by row."""
    seen = [float(value) for value in values[~np.isnan(values)]]
    texts = [number(value) for value in seen]
    widest = max((len(text) for text in texts), default=1)
    size = int(min(18, place.cell * 0.36, place.cell * 0.92 / (0.56 * widest)))
    return {"text": texts, "textfont": {"size": max(7, size), "color": [ink(palette, value) for value in seen]}}


def _key(palette: Palette) -> go.Scatter:
    """Return what explains the colours: a swatch for small weights, and the bar, spaced as the colours are."""
    return go.Scatter(
        x=[None],
        y=[None],
        name="small weight",
        mode="markers",
        marker={
            "symbol": "square",
            "size": 15,
            "color": [0.0],
            "cmin": 0,
            "cmax": 1,
            "colorscale": [(i / 16, ramp_colour(palette, i / 16)) for i in range(17)],
            "line": {"width": 1, "color": palette.line},
            "colorbar": {
                "orientation": "h",
                "thickness": 12,
                "len": 1,
                "x": 0.5,
                "y": 0,
                "yanchor": "top",
                "ypad": 14,
                "xpad": 0,
                "outlinewidth": 0,
                "tickvals": [tick**0.5 for tick in WEIGHT_TICKS],
                "ticktext": [f"{tick:g}" for tick in WEIGHT_TICKS],
                "tickfont": {"size": 14, "color": palette.muted},
            },
        },
        hoverinfo="skip",
    )


def _axes(figure: go.Figure, short: list[str], labels: Sequence[str], palette: Palette, place: Geometry) -> None:
    """Put the tokens on both axes: queries down the left, keys on top, thinned out where they would touch."""
    T = len(short)
    shown = list(range(0, T, place.step))
    common = {
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": [escape(short[i]) for i in shown],
        "labelalias": {str(i): escape(label) for i, label in enumerate(labels)} if place.step > 1 else None,
        "tickfont": {"size": place.font, "color": palette.text},
        "automargin": False,
        "ticklabeloverflow": "allow",  # the margins hold them all; looking for some to hide is a third of drawing
        "ticklabelstandoff": 5,
        "constrain": "domain",
    }
    figure.update_xaxes(
        **common,
        range=[-0.5, T - 0.5],
        side="top",
        tickangle=0 if place.upright else -45,
    )
    figure.update_yaxes(**common, range=[T - 0.5, -0.5], scaleanchor="x")
    spikes = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "dot"}
    figure.update_layout(xaxis=spikes | {"spikecolor": palette.accent}, yaxis=spikes | {"spikecolor": palette.accent})


def _directions(figure: go.Figure, palette: Palette, name: str) -> None:
    """Say in the corner what rows and columns are, and beside the bar what the colours are."""
    common = {"xref": "x domain", "yref": "y domain", "x": 0, "xshift": -8, "xanchor": "right", "showarrow": False}
    font = {"size": 14, "color": palette.muted}
    figure.add_annotation(
        **common, text="reads ↓<br>is read →", align="right", y=1, yshift=4, yanchor="bottom", font=font
    )
    figure.add_annotation(**common, text=name, y=0, yshift=-8, yanchor="top", font=font)
