"""Blocked cells: one hatched area per cause, a few nodes at any size. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.figure import Trace, bar, scatter
from viz.base.theme import CauseStyle, Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Above these many tokens: no gaps between cells, so that runs of cells become one rectangle; no sentence per cell.
GAPS_UP_TO = 32
HOVER_UP_TO = 48

# The first and last row, the first and last column of cells.
Rectangle = tuple[int, int, int, int]


def visible(values: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]]) -> NDArray[Any]:
    """Return `values` as floats, NaN where one of `causes` blocks."""
    floats = values if values.dtype == np.float64 else values.astype(np.float32)
    return np.where(any_cause(causes, values.shape), np.nan, floats)


def any_cause(causes: Mapping[str, NDArray[np.bool_]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where at least one of `causes`, each of `shape`, blocks."""
    return np.asarray(np.any([np.zeros(shape, dtype=bool), *causes.values()], axis=0))


def first_cause(causes: Mapping[str, NDArray[np.bool_]], shape: tuple[int, ...]) -> dict[str, NDArray[np.bool_]]:
    """Return `causes`, each of `shape`, without overlaps: each cell belongs to the first cause that names it."""
    taken, found = np.zeros(shape, dtype=bool), {}
    for cause, cells in causes.items():
        found[cause] = cells & ~taken
        taken = taken | cells
    return found


def area(cause: str, cells: NDArray[np.bool_], palette: Palette, *, cell: float, gap: float) -> Trace:
    """Return the hatched area of all cells of one cause, in cells of `cell` px with `gap` px between them."""
    return hatched(
        cause,
        rectangles(cells),
        palette,
        size=min(14, max(6, cell / 4)),
        inset=gap / 2 / cell,
        showlegend=False,
        hoveron="fills",
        hoverinfo="skip" if len(cells) <= HOVER_UP_TO else "text",
        text=palette.causes[cause].label,
    )


def hatched(
    cause: str, covered: Iterable[Rectangle], palette: Palette, *, size: float, inset: float = 0, **options: Any
) -> Trace:
    """Return the hatched area of one cause as one path, so a few nodes at any size; its marks are `size` px apart."""
    look = palette.causes[cause]
    x, y = path(covered, inset)
    return scatter(
        x=x,
        y=y,
        name=cause,
        mode="none",
        fill="toself",
        fillcolor=look.tint,
        fillpattern=_filling(look, size),
        **options,
    )


def rectangles(cells: NDArray[np.bool_]) -> list[Rectangle]:
    """Return the rectangles that cover `cells[Q, K]`: one per cell, or above GAPS_UP_TO tokens one per run of equal rows."""
    if len(cells) > GAPS_UP_TO:
        return _runs(cells)
    return [(int(q), int(q), int(k), int(k)) for q, k in np.argwhere(cells)]


def bar_marker(look: CauseStyle, size: float = 8) -> dict[str, Any]:
    """Return the marker of bars that are hatched for one cause, its marks `size` px apart."""
    return {"color": look.tint, "pattern": _pattern(look, size)}


def _filling(look: CauseStyle, size: float) -> dict[str, Any]:
    return {**_pattern(look, size), "fillmode": "replace"}


def _pattern(look: CauseStyle, size: float) -> dict[str, Any]:
    return {"shape": look.pattern, "fgcolor": look.mark, "bgcolor": look.tint, "size": size, "solidity": look.solidity}


def swatch(cause: str, palette: Palette) -> Trace:
    """Return the legend's entry of one cause."""
    look = palette.causes[cause]
    return entry(look.label, {"color": look.tint, "pattern": _filling(look, 6)}, palette)


def entry(label: str, marker: Mapping[str, Any], palette: Palette) -> Trace:
    """Return an entry of the legend that has no trace of its own: bars get swatches large enough to show a pattern."""
    return bar(x=[None], y=[None], name=label, marker={**marker, "line": {"width": 1, "color": palette.line}})


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
