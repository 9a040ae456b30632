"""The numbers of a mask as a grid: what a stage holds, written into its cells. Axes: R row, K key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.figure import Figure, Trace, heatmap
from viz.base.text import escape, shorten
from viz.base.theme import Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROW = 38  # px
LEAST_COLUMN = 62
LABEL = 118  # px for the rows' names


def width(columns: int) -> int:
    """Return the px that a grid of so many columns needs at least; a narrower screen scrolls."""
    return LABEL + LEAST_COLUMN * columns


def grid(
    values: NDArray[Any],
    *,
    texts: Sequence[Sequence[str]],
    blocked: NDArray[np.bool_],
    columns: Sequence[str],
    rows: Sequence[str],
    palette: Palette,
) -> Figure:
    """Return the numbers of one stage: `values[R, K]` as trace `value`, `texts[R][K]` written into the cells.

    `blocked[R, K]` cells recede; `columns` and `rows` are plain text.
    """
    figure = Figure(_cells(values, texts, blocked, palette))
    style(figure, palette, height=ROW * len(rows) + 44)
    figure.update_layout(margin={"l": LABEL, "r": 4, "t": 38, "b": 4, "autoexpand": False})
    _axes(figure, columns, rows, palette)
    return figure


def _cells(
    values: NDArray[Any], texts: Sequence[Sequence[str]], blocked: NDArray[np.bool_], palette: Palette
) -> list[Trace]:
    """Return the cells `[R, K]`, each with its text: all of them plain, and the blocked ones over them, tinted."""
    plain, blocked_by_any = palette.surface, palette.line  # no cause's colour: the numbers hold all causes
    common = {"texttemplate": "%{text}", "showscale": False, "xgap": 3, "ygap": 3, "hoverinfo": "skip"}
    return [
        heatmap(
            z=values,
            name="value",
            text=np.where(blocked, "", texts),
            textfont={"size": 16, "color": palette.text},
            colorscale=[(0, plain), (1, plain)],
            hoverongaps=False,
            **common,
        ),
        heatmap(
            z=np.where(blocked, 1.0, np.nan),
            name="blocked",
            text=np.where(blocked, texts, ""),
            textfont={"size": 16, "color": palette.text},
            colorscale=[(0, blocked_by_any), (1, blocked_by_any)],
            **common,
        ),
    ]


def _axes(figure: Figure, columns: Sequence[str], rows: Sequence[str], palette: Palette) -> None:
    """Put the names of the columns on top, those of the rows at the left."""
    R, K = len(rows), len(columns)
    common = {"tickmode": "array", "fixedrange": True, "automargin": False}
    figure.update_xaxes(
        **common,
        side="top",
        tickangle=0,
        tickvals=list(range(K)),
        ticktext=[escape(shorten(label, 7)) for label in columns],
        tickfont={"size": 14, "color": palette.muted},
        range=[-0.5, max(K, 4) - 0.5],
    )
    figure.update_yaxes(
        **common,
        tickvals=list(range(R)),
        ticktext=[escape(shorten(label)) + " " for label in rows],
        tickfont={"size": 16, "color": palette.text},
        range=[R - 0.5, -0.5],
    )
