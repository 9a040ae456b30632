"""Masks as pictures: the small layers, and the large combination with cells to choose. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import frame
from viz.base.figure import Figure, Trace, heatmap
from viz.base.geometry import geometry
from viz.base.hatching import GAPS_UP_TO, HOVER_UP_TO, Rectangle, entry, hatched, spans, visible
from viz.base.matrix import LEGIBLE, Look, Numbers, matrix, set_empty_rows_apart
from viz.base.text import escape
from viz.base.theme import Palette, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRACE = "visible"

# Side of a small picture, and its margin, in px.
SMALL = 150
SMALL_EDGE = 5


def combined(
    shares: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    sentences: Sequence[Sequence[str]] | None,
    palette: Palette,
    last: int,
    chosen: tuple[int, int] | None = None,
    width: int | None = None,
) -> Figure:
    """Return what each query row may see: `shares[T, T]`, 0, 1 or the weight between, NaN in z where blocked.

    `sentences[T][T]` are plain text, one per cell, or None above HOVER_UP_TO tokens. `chosen` is framed, `last` predicts the
    next word.
    """
    soft = (shares > 0) & (shares < 1)
    hover = None if sentences is None else [[_wrapped(one) for one in row] for row in sentences]
    figure = matrix(
        shares,
        labels=labels,
        palette=palette,
        causes=causes,
        look=Look(scale=weight_scale(palette), numbers=Numbers(where=soft, least=LEGIBLE)),
        hover=hover or "“%{y}” may read “%{x}”",
        name=TRACE,
        width=width,
        last=last,
        widen=True,
    )
    place = geometry(labels, width, palette.sizes)
    set_empty_rows_apart(figure, visible(shares, causes), palette, place.cell)
    figure.add(entry("may be read", {"color": palette.ramp[-1]}, palette))
    if soft.any():
        figure.add(entry("softened", {"color": palette.ramp[5]}, palette))
    if chosen is not None:
        figure.add_shape(**frame((chosen[0], chosen[0]), (chosen[1], chosen[1]), palette))
    return figure


def has_sentences(tokens: int) -> bool:
    """Return whether each cell of a combination of so many tokens carries its own sentence."""
    return tokens <= HOVER_UP_TO


def _wrapped(sentence: str) -> str:
    """Return `sentence` for a hover label, broken after the colon so that it fits a phone."""
    return escape(sentence).replace(": ", ":<br>", 1)


def layer(
    shares: NDArray[Any],
    *,
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    on: bool = False,
) -> Figure:
    """Return one mask as a small square without labels: `shares[T, T]`, NaN in z where one of `causes` blocks.

    `on` frames it.
    """
    T = len(shares)
    areas = [
        hatched(cause, _runs(cells), palette, size=5, hoverinfo="skip")
        for cause, cells in causes.items()
        if cells.any()
    ]
    return Figure(
        [
            _cells(visible(shares.astype(np.float32), causes), palette),
            *areas,
        ],
        layout=_small(T, palette, on=on),
    )


def _cells(z: NDArray[np.float32], palette: Palette) -> Trace:
    """Return the cells `z[T, T]` of a small picture."""
    gap = 1 if len(z) <= GAPS_UP_TO else 0
    return heatmap(
        z=z,
        name=TRACE,
        **weight_scale(palette).heatmap(),
        xgap=gap,
        ygap=gap,
        hoverinfo="skip",
    )


def _runs(blocked: NDArray[np.bool_]) -> list[Rectangle]:
    """Return a rectangle per run of blocked cells in a row."""
    return [(row, row, *run) for row, cells in enumerate(blocked) for run in spans(cells)]


def _small(tokens: int, palette: Palette, *, on: bool) -> dict[str, Any]:
    """Return the layout of a small picture: no axes, a frame, a strong one when `on`."""
    line = {"color": palette.accent if on else palette.line, "width": 4 if on else 1}
    low, high = -0.5, tokens - 0.5
    edge = {"type": "rect", "x0": low, "x1": high, "y0": low, "y1": high, "line": line, "layer": "above"}
    axis = {"visible": False, "fixedrange": True}
    return {
        "width": SMALL,
        "height": SMALL,
        "margin": dict.fromkeys("lrtb", SMALL_EDGE) | {"autoexpand": False},
        "paper_bgcolor": palette.paper,
        "plot_bgcolor": palette.paper,
        "hoverlabel": {"bgcolor": palette.surface, "font": {"color": palette.text, "size": 15}},
        "showlegend": False,
        "dragmode": False,
        "shapes": [edge],
        "xaxis": {**axis, "range": [low, high]},
        "yaxis": {**axis, "range": [high, low]},
    }
