"""One map less another, on a diverging scale; and one map with its colours stretched. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.matrix import NUMBERS_UP_TO, WIDTH, matrix
from viz.base.text import escape, number
from viz.base.theme import Palette, ink, luminance, ramp_colour, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray


def difference(
    values: NDArray[Any],
    *,
    limit: float,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    width: int = WIDTH,
) -> go.Figure:
    """Return `values[T, T]` from -`limit` to `limit`: orange where the first map has more, violet where the other has.

    NaN where there is nothing to compare; `causes` mark cells that both maps block. Trace `difference`.
    """
    figure = matrix(
        np.where(np.isnan(values), np.nan, 0.0),
        labels=labels,
        causes=causes,
        palette=palette,
        name="difference",
        width=width,
    )
    scale = _diverging(palette)
    figure.data[0].update(
        z=values.astype(float),
        zmin=-limit,
        zmax=limit,
        colorscale=scale,
        hovertext=_told(values, labels),
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=False,
    )
    for trace in figure.data:
        if trace.name == "numbers":
            seen = values[~np.isnan(values)]
            colours = [_ink(scale, float(value) / limit) for value in seen]
            trace.update(text=[_signed(float(value)) for value in seen], textfont={"color": colours})
        elif trace.name == "small weight":
            _key(trace, scale, limit)
    return figure


def _diverging(palette: Palette) -> list[tuple[float, str]]:
    """Return the scale: the other map's violet, paper in the middle, the accent for the first map."""
    return [(0.0, ramp_colour(palette, 0.72)), (0.5, palette.surface), (1.0, palette.accent)]


def _ink(scale: list[tuple[float, str]], share: float) -> str:
    """Return black or white, whichever reads better on the colour at `share` in -1 to 1."""
    ends = [luminance(colour) for _, colour in scale]
    light = ends[1] + (ends[2] - ends[1]) * share if share > 0 else ends[1] + (ends[0] - ends[1]) * -share
    return "#000000" if (light + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def _signed(value: float) -> str:
    if abs(value) < 0.005:
        return "0"
    return ("+" if value > 0 else "−") + number(abs(value))


def _told(values: NDArray[Any], labels: Sequence[str]) -> list[list[str]]:
    names = [escape(label) for label in labels]
    return [
        [f"<b>{query}</b> reads <b>{key}</b>: {_signed(float(cell))}" for key, cell in zip(names, row, strict=True)]
        for query, row in zip(names, np.nan_to_num(values), strict=True)
    ]


def _key(trace: go.Scatter, scale: list[tuple[float, str]], limit: float) -> None:
    """Turn the key of weights into that of differences."""
    bar = trace.marker.colorbar.to_plotly_json() | {
        "tickvals": [-1, -0.5, 0, 0.5, 1],
        "ticktext": [f"{limit * at:+.2g}" if at else "0" for at in (-1, -0.5, 0, 0.5, 1)],
    }
    trace.update(name="the same in both", marker={"cmin": -1, "cmax": 1, "colorscale": scale, "colorbar": bar})


def without_first(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    first: int,
    palette: Palette,
    width: int = WIDTH,
) -> tuple[go.Figure, float]:
    """Return the figure of `weights[T, T]` without column `first`, and the weight that its darkest colour means.

    The values are untouched; only the colours run to the largest of those left, and the column is struck out.
    """
    values = np.where(np.any(list(causes.values()), axis=0), np.nan, weights.astype(np.float32))
    values[:, first] = np.nan
    top = float(np.nanmax(values)) if not np.isnan(values).all() else 1.0
    top = max(top, 1e-6)
    figure = matrix(values, labels=labels, causes=causes, palette=palette, width=width)
    figure.data[0].update(zmax=top)
    figure.data[0].colorscale = weight_scale(palette)
    for trace in figure.data:
        if trace.name == "numbers" and len(labels) <= NUMBERS_UP_TO:
            colours = [ink(palette, float(value) / top) for value in values[~np.isnan(values)]]
            trace.update(textfont={"color": colours})
        elif trace.name == "small weight":
            ticks = [round(top * share, 4) for share in (0.0, 0.05, 0.25, 0.5, 1.0)]
            bar = trace.marker.colorbar.to_plotly_json()
            trace.marker.colorbar = bar | {
                "tickvals": [(tick / top) ** 0.5 for tick in ticks],
                "ticktext": [f"{tick:.2g}" for tick in ticks],
            }
    figure.add_shape(
        type="rect",
        x0=first - 0.5,
        x1=first + 0.5,
        y0=-0.5,
        y1=len(labels) - 0.5,
        line={"color": palette.accent, "width": 2, "dash": "dot"},
        fillcolor=palette.surface,
    )
    return figure, top
