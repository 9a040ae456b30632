"""Hidden and softened words as pictures. Axis letters: T token, W word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from viz.base.text import escape
from viz.base.theme import CODE_FONT, MIN_FONT, Palette, ink, ramp_colour, style, weight_scale

# Above this many columns a cell has no room for its number.
NUMBERED = 16


def ways(
    weights: ArrayLike, *, labels: Sequence[str], names: Sequence[str], chosen: Sequence[int], palette: Palette
) -> go.Figure:
    """Return rows of attention weights, one per way of masking: trace `weight`, z `[ways, T]`, numbers where they fit.

    `chosen` columns, whose weight was set, are framed. The scale is that of every page.
    """
    z = np.asarray(weights, dtype=np.float64)
    rows, T = z.shape
    figure = go.Figure(_cells(z, labels, names, palette))
    # All at once: adding them one by one takes plotly long.
    figure.update_layout(
        annotations=_numbers(z, palette) if T <= NUMBERED else [],
        shapes=[_column_frame(column, rows, palette) for column in chosen],
    )
    style(figure, palette, height=90 + 56 * rows)
    _name_columns(figure, labels)
    figure.update_yaxes(
        tickvals=list(range(rows)),
        ticktext=[f"{escape(name)}  " for name in names],
        tickfont={"size": 16},
        autorange="reversed",
        fixedrange=True,
    )
    return figure


def _cells(z: NDArray[np.float64], labels: Sequence[str], names: Sequence[str], palette: Palette) -> go.Heatmap:
    """Return the coloured cells `z[ways, T]`; the hover tells way, word and weight."""
    rows, T = z.shape
    return go.Heatmap(
        z=z,
        x=list(range(T)),
        y=list(range(rows)),
        name="weight",
        zmin=0,
        zmax=1,
        colorscale=weight_scale(palette),
        showscale=False,
        xgap=2,
        ygap=6,
        customdata=[[[escape(name), escape(label)] for label in labels] for name in names],
        hovertemplate="%{customdata[0]}: %{customdata[1]} %{z:.6f}<extra></extra>",
    )


def _numbers(z: NDArray[np.float64], palette: Palette) -> list[dict[str, Any]]:
    """Return the number of each cell as an annotation, in the ink that reads best on it."""
    return [
        {
            "x": column,
            "y": row,
            "text": two_digits(float(share)),
            "showarrow": False,
            "font": {"size": 15, "color": ink(palette, float(share))},
        }
        for (row, column), share in np.ndenumerate(z)
    ]


def _column_frame(column: int, rows: int, palette: Palette) -> dict[str, Any]:
    """Return the frame of a column whose weight was set."""
    line = {"color": palette.accent, "width": 3}
    return {"type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": -0.5, "y1": rows - 0.5, "line": line}


def _name_columns(figure: go.Figure, labels: Sequence[str]) -> None:
    """Write the words above their columns, slanted where they would touch."""
    T = len(labels)
    size = 18 if T <= NUMBERED else max(MIN_FONT, 22 - T // 4)
    # A character is some 0.6 of the font's size wide, the picture some 780 px.
    crowded = max(map(len, labels)) * 0.6 * size > 780 / T
    figure.update_xaxes(
        tickvals=list(range(T)),
        ticktext=[escape(label) for label in labels],
        tickfont={"size": size, "family": CODE_FONT},
        tickangle=-60 if crowded else 0,
        side="top",
        fixedrange=True,
    )


def two_digits(value: float) -> str:
    """Return a weight in [0, 1] with two significant figures; what is exactly 0 as `0`."""
    if value == 0:
        return "0"
    if value < 0.0005:
        return "<.001"
    return f"{value:.2f}".lstrip("0") if value >= 0.0995 else f"{value:.3f}".lstrip("0")


def agreement(attention: ArrayLike, change: ArrayLike, *, words: Sequence[str], palette: Palette) -> go.Figure:
    """Return one point per word, trace `words`: attention on x, change of the prediction on y, both in percent.

    Words are labelled from the outside in where there is room; the others tell their name when pointed at.
    """
    x, y = 100 * np.asarray(attention, dtype=np.float64), 100 * np.asarray(change, dtype=np.float64)
    told = _told(x, y, words)
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=y,
            mode="markers+text",
            name="words",
            text=[escape(word) if index in told else "" for index, word in enumerate(words)],
            textposition="top center",
            textfont={"size": 16, "family": CODE_FONT, "color": palette.text},
            marker={"size": 12, "color": palette.ramp[5]},
            customdata=[escape(word) for word in words],
            hovertemplate="%{customdata}: attention %{x:.1f} %, change %{y:.1f} %<extra></extra>",
        )
    )
    style(figure, palette, height=340)
    for update, title, values in (
        (figure.update_xaxes, "attention: mean weight of the last row", x),
        (figure.update_yaxes, "hiding: share of the chances that moves", y),
    ):
        most = max(float(values.max(initial=0)) * 1.15, 1.0)
        update(
            title={"text": title, "font": {"size": 15}},
            range=[0, most],
            ticksuffix=" %",
            showgrid=True,
            gridcolor=palette.line,
            fixedrange=True,
            nticks=6,
        )
    figure.update_layout(showlegend=False, margin={"l": 60, "r": 20, "t": 24, "b": 50})
    return figure


def _told(x: NDArray[np.float64], y: NDArray[np.float64], words: Sequence[str]) -> set[int]:
    """Return which points have room for their word: a label stands above its point, in a picture of some 500 x 250 px."""
    across = 500 * x / max(x.max(initial=0), 1e-9)
    up = 250 * y / max(y.max(initial=0), 1e-9)
    told: list[int] = []
    for index in np.argsort(-(across / 500 + up / 250)).tolist():
        free = all(
            abs(up[index] - up[other]) > 26
            or abs(across[index] - across[other]) > 5.5 * (len(words[index]) + len(words[other])) + 14
            for other in told
        )
        if free:
            told.append(index)
    return set(told)


def tint(share: float, palette: Palette) -> tuple[str, str]:
    """Return (background, text) colours of a word with `share` in [0, 1], on the scale of weights."""
    weight = min(max(share, 0.0), 1.0)
    return ramp_colour(palette, weight**0.5), ink(palette, weight)
