"""Axes, text at their edges and behind bars, the frame of a cell, as several pictures have them. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from viz.base.text import escape, shorten

if TYPE_CHECKING:
    from viz.base.theme import Palette

# Up to so many columns each word stands upright and large.
FEW = 12
MOST_LABELS = 24

# A note that begins at the left edge of the plot.
FROM_LEFT: dict[str, Any] = {"xref": "paper", "x": 0, "xanchor": "left", "showarrow": False}


def word_columns(labels: Sequence[str], palette: Palette) -> dict[str, Any]:
    """Return the x axis of a picture with a column per word `labels[T]`, thinned out and slanted where they would touch."""
    T = len(labels)
    step = max(1, T // MOST_LABELS)
    return {
        "tickvals": list(range(0, T, step)),
        "ticktext": [escape(shorten(label, 9)) for label in labels[::step]],
        "tickangle": 0 if T <= FEW else -45,
        "tickfont": {"size": 17 if T <= FEW else 13, "color": palette.text},
        "range": [-0.5, T - 0.5],
        "fixedrange": True,
    }


def behind_bars(
    ends: Sequence[float], texts: Sequence[str], *, size: int, colour: str | Sequence[str], name: str | None = None
) -> go.Scatter:
    """Return the trace that writes `texts[n]` behind horizontal bars that reach to `ends[n]`. One trace: notes are slow."""
    return go.Scatter(
        name=name,
        mode="text",
        x=list(ends),
        y=list(range(len(ends))),
        text=list(texts),
        textposition="middle right",
        textfont={"size": size, "color": colour},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def outline(figure: go.Figure, row: int, column: int, palette: Palette) -> None:
    """Draw the accent's frame around one cell of a matrix."""
    figure.add_shape(
        type="rect",
        x0=column - 0.5,
        x1=column + 0.5,
        y0=row - 0.5,
        y1=row + 0.5,
        line={"color": palette.accent, "width": 3},
    )
