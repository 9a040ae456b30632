"""Blocked cells: one hatched area per cause, a few nodes at any size. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.numbers import hatch
from viz.base.theme import CauseStyle, Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Above these many tokens: no gaps between cells, so that runs of cells become one rectangle; no sentence per cell.
GAPS_UP_TO = 32
HOVER_UP_TO = 48

# Why a query may not read a key, as the end of a sentence.
REASONS = {
    "padding": "it is padding",
    "hand": "it is hidden by hand",
    "pattern": "the pattern leaves it out",
    "causal": "it comes later",
}

# The first and last row, the first and last column of cells.
Rectangle = tuple[int, int, int, int]


def area(cause: str, cells: NDArray[np.bool_], palette: Palette, *, cell: float, gap: float) -> go.Scatter:
    """Return the hatched area of one cause: all its cells as one path, so a few nodes at any size."""
    look = palette.causes[cause]
    inset = gap / 2 / cell
    x, y = outlines(cells, inset, merged=len(cells) > GAPS_UP_TO)
    return go.Scatter(
        x=x,
        y=y,
        name=cause,
        mode="none",
        fill="toself",
        fillcolor=look.tint,
        fillpattern=filling(look, min(14, max(6, cell / 4))),
        showlegend=False,
        hoveron="fills",
        hoverinfo="skip" if len(cells) <= HOVER_UP_TO else "text",
        text=look.label,
    )


def filling(look: CauseStyle, size: float) -> dict[str, Any]:
    """Return the pattern that fills the areas of one cause, its marks `size` px apart."""
    return {**hatch(look, size), "fillmode": "replace"}


def swatch(cause: str, palette: Palette) -> go.Bar:
    """Return the legend's entry of one cause: bars, unlike areas, get a swatch that is large enough to show the mark."""
    look = palette.causes[cause]
    line = {"width": 1, "color": palette.line}
    return go.Bar(
        x=[None], y=[None], name=look.label, marker={"color": look.tint, "pattern": filling(look, 6), "line": line}
    )


def outlines(cells: NDArray[np.bool_], inset: float, *, merged: bool) -> tuple[list[float | None], list[float | None]]:
    """Return x and y of the rectangles that cover `cells`, split by None: one per cell, or per run of equal rows."""
    return path(_runs(cells) if merged else _single(cells), inset)


def path(rectangles: Iterable[Rectangle], inset: float = 0) -> tuple[list[float | None], list[float | None]]:
    """Return x and y around each of `rectangles`, `inset` cells within their edges, split by None."""
    x: list[float | None] = []
    y: list[float | None] = []
    for top, bottom, left, right in rectangles:
        a, b, c, d = left - 0.5 + inset, right + 0.5 - inset, top - 0.5 + inset, bottom + 0.5 - inset
        x += [a, b, b, a, a, None]
        y += [c, c, d, d, c, None]
    return x, y


def spans(cells: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of True in one row or column."""
    edges = np.flatnonzero(np.diff(cells, prepend=False, append=False))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _single(cells: NDArray[np.bool_]) -> list[Rectangle]:
    return [(int(q), int(q), int(k), int(k)) for q, k in np.argwhere(cells)]


def _runs(cells: NDArray[np.bool_]) -> list[Rectangle]:
    """Return runs within a row, joined over rows that have the same run."""
    found: list[Rectangle] = []
    open_runs: dict[tuple[int, int], int] = {}
    for row in range(len(cells) + 1):
        here = set(spans(cells[row])) if row < len(cells) else set()
        for run in [run for run in open_runs if run not in here]:
            found.append((open_runs.pop(run), row - 1, *run))
        for run in here:
            open_runs.setdefault(run, row)
    return found
