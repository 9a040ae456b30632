"""Blocked cells: one hatched area per cause, a few nodes at any size. Axes: Q down, K right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.theme import CauseStyle, Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Above these many tokens: no gaps between cells, so that runs of cells become one rectangle; no sentence per cell.
GAPS_UP_TO = 32
HOVER_UP_TO = 48


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
        fillpattern=_hatch(look, min(14, max(6, cell / 4))),
        showlegend=False,
        hoveron="fills",
        hoverinfo="skip" if len(cells) <= HOVER_UP_TO else "text",
        text=look.label,
    )


def _hatch(look: CauseStyle, size: float) -> dict[str, Any]:
    """Return the pattern of one cause, its marks `size` px apart."""
    return {
        "shape": look.pattern,
        "fgcolor": look.mark,
        "bgcolor": look.tint,
        "size": size,
        "solidity": look.solidity,
        "fillmode": "replace",
    }


def swatch(cause: str, palette: Palette) -> go.Bar:
    """Return the legend's entry of one cause: bars, unlike areas, get a swatch that is large enough to show the mark."""
    look = palette.causes[cause]
    line = {"width": 1, "color": palette.line}
    return go.Bar(
        x=[None], y=[None], name=look.label, marker={"color": look.tint, "pattern": _hatch(look, 6), "line": line}
    )


def outlines(cells: NDArray[np.bool_], inset: float, *, merged: bool) -> tuple[list[float | None], list[float | None]]:
    """Return x and y of the rectangles that cover `cells`, split by None: one per cell, or per run of equal rows."""
    x: list[float | None] = []
    y: list[float | None] = []
    for top, bottom, left, right in _runs(cells) if merged else _single(cells):
        a, b, c, d = left - 0.5 + inset, right + 0.5 - inset, top - 0.5 + inset, bottom + 0.5 - inset
        x += [a, b, b, a, a, None]
        y += [c, c, d, d, c, None]
    return x, y


def _single(cells: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    return [(int(q), int(q), int(k), int(k)) for q, k in np.argwhere(cells)]


def _runs(cells: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Return (top, bottom, left, right) of rectangles: runs within a row, joined over rows that have the same run."""
    found: list[tuple[int, int, int, int]] = []
    open_runs: dict[tuple[int, int], int] = {}
    for row in range(len(cells) + 1):
        edges = (
            np.flatnonzero(np.diff(cells[row], prepend=False, append=False)) if row < len(cells) else np.empty(0, int)
        )
        here = {(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)}
        for run in [run for run in open_runs if run not in here]:
            found.append((open_runs.pop(run), row - 1, *run))
        for run in here:
            open_runs.setdefault(run, row)
    return found
