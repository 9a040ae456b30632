"""One map less another, on a diverging scale; and one map with its colours stretched. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import around
from viz.base.geometry import geometry
from viz.base.hatching import visible
from viz.base.matrix import ColourBar, Look, Numbers, matrix, set_empty_rows_apart, weight_look
from viz.base.text import escape, number
from viz.base.theme import Scale, ramp_colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.figure import Figure
    from viz.base.theme import Palette


def difference(
    values: NDArray[Any],
    *,
    limit: float,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    width: int | None = None,
) -> Figure:
    """Return `values[T, T]` from -`limit` to `limit`: orange where the first map has more, violet where the other has.

    NaN where there is nothing to compare; `causes` mark cells that both maps block. Trace `difference`.
    """
    return matrix(
        values,
        labels=labels,
        causes=causes,
        palette=palette,
        look=_look(limit, palette),
        hover=_hover(values, labels),
        hover_on_gaps=False,
        width=width,
        name="difference",
    )


def _look(limit: float, palette: Palette) -> Look:
    """Return the look of differences: the other map's violet, paper in the middle, the accent for the first map."""
    colours = [(0.0, ramp_colour(palette, 0.72)), (0.5, palette.surface), (1.0, palette.accent)]
    ticks = {at: _plus_or_minus(limit * at) for at in (-1, -0.5, 0, 0.5, 1)}
    return Look(
        scale=Scale(colours=colours, low=-limit, high=limit),
        numbers=Numbers(text=_plus_or_minus),
        bar=ColourBar(scale=Scale(colours=colours, low=-1, high=1), ticks=ticks, zero="the same in both"),
        title="difference",
    )


def _plus_or_minus(value: float) -> str:
    if abs(value) < 0.0005:
        return "0"
    return ("+" if value > 0 else "−") + number(abs(value))


def _hover(values: NDArray[Any], labels: Sequence[str]) -> list[list[str]]:
    names = [escape(label) for label in labels]
    return [
        [f"<b>{query}</b> reads <b>{key}</b>: {_plus_or_minus(cell)}" for key, cell in zip(names, row, strict=True)]
        for query, row in zip(names, np.nan_to_num(values).tolist(), strict=True)
    ]


def without_first(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    first: int,
    palette: Palette,
) -> tuple[Figure, float]:
    """Return the figure of `weights[T, T]` without column `first`, and the weight that its darkest colour means.

    The values are untouched; only the colours run to the largest of those left, and the column is struck out.
    """
    values = visible(weights, causes)  # (Q, K)
    values[:, first] = np.nan
    top = max(float(np.nanmax(values)), 1e-6) if not np.isnan(values).all() else 1.0
    ticks = [round(top * share, 4) for share in (0.0, 0.05, 0.25, 0.5, 1.0)]
    figure = matrix(
        values, labels=labels, causes=causes, palette=palette, look=weight_look(palette, top=top, ticks=ticks)
    )
    set_empty_rows_apart(figure, visible(weights, causes), palette, geometry(labels, sizes=palette.sizes).cell)
    figure.add_shape(
        type="rect",
        **around((0, len(labels) - 1), (first, first)),
        line={"color": palette.accent, "width": 2, "dash": "dot"},
        fillcolor=palette.surface,
    )
    return figure, top
