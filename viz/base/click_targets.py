"""What takes a click: invisible squares over a picture, for a heatmap's own cells cannot be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go


def unseen(size: float) -> dict[str, Any]:
    """Return what makes the points of a trace invisible squares of `size` px, which a click leaves invisible."""
    clicked = {"marker": {"opacity": 0}}
    return {
        "mode": "markers",
        "marker": {"symbol": "square", "size": size, "opacity": 0},
        "selected": clicked,
        "unselected": clicked,
    }


def targets(hover: Sequence[Sequence[str]], *, name: str, size: float, showlegend: bool | None = None) -> go.Scatter:
    """Return the trace `name` of one square per entry of `hover[row][column]`, which are finished (escaped) texts.

    Its customdata are (row, column). `showlegend` is for figures that have a legend.
    """
    at = [(row, column) for row, texts in enumerate(hover) for column in range(len(texts))]
    return go.Scatter(
        x=[column for _, column in at],
        y=[row for row, _ in at],
        name=name,
        customdata=at,
        text=[hover[row][column] for row, column in at],
        hovertemplate="%{text}<extra></extra>",
        showlegend=showlegend,
        **unseen(size),
    )
