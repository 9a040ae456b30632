"""Attention under several ways to soften a word, a row of cells each. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.base.axes import frame
from viz.base.figure import Figure, Trace, heatmap
from viz.base.text import escape
from viz.base.theme import CODE_FONT, MIN_FONT, Palette, ink, style, weight_colour, weight_scale

# Above this many columns a cell has no room for its number.
NUMBERED = 16


def soft_weights(
    weights: ArrayLike, *, labels: Sequence[str], names: Sequence[str], chosen: Sequence[int], palette: Palette
) -> Figure:
    """Return rows of attention weights, one per way of masking: trace `weight`, z `[ways, T]`, numbers where they fit.

    `chosen` columns, whose weight was set, are framed. The scale is that of every page.
    """
    z = np.asarray(weights, dtype=np.float64)
    rows, T = z.shape
    figure = Figure(_cells(z, labels, names, palette))
    # All at once: adding them one by one takes plotly long.
    figure.update_layout(
        annotations=_numbers(z, palette) if T <= NUMBERED else [],
        shapes=[frame((0, rows - 1), (column, column), palette) for column in chosen],
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


def _cells(z: NDArray[np.float64], labels: Sequence[str], names: Sequence[str], palette: Palette) -> Trace:
    """Return the coloured cells `z[ways, T]`; the hover has way, word and weight."""
    rows, T = z.shape
    return heatmap(
        z=z,
        x=list(range(T)),
        y=list(range(rows)),
        name="weight",
        **weight_scale(palette).heatmap(),
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
            "font": {"size": 15, "color": ink(weight_colour(palette, float(share)))},
        }
        for (row, column), share in np.ndenumerate(z)
    ]


def _name_columns(figure: Figure, labels: Sequence[str]) -> None:
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
    return f"{value:.2f}" if value >= 0.0995 else f"{value:.3f}"
