"""Axes, and text at their edges, as several pictures have them. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from viz.labels import escape, shorten

if TYPE_CHECKING:
    from viz.theme import Palette

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
