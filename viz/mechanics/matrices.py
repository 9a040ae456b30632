"""Matrices of one head: scores, masked scores, weights, with one row lit. Axis letters: Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from viz.base.axes import cell_texts, frame
from viz.base.click_targets import unseen
from viz.base.geometry import geometry
from viz.base.hatching import any_cause, visible
from viz.base.matrix import Look, Numbers, matrix, weight_look
from viz.base.text import escape, precise, signed
from viz.base.theme import signed_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

Rows = Literal["queries", "keys"]
CORNERS: dict[Rows, str] = {"queries": "reads ↓<br>is read →", "keys": "is read ↓<br>reads →"}

# One marker per cell up to this many tokens: each is a node of the page. Above it, the lit row and column alone.
CELLS_UP_TO = 48

# px of one matrix: two stand side by side on a screen of 1,400. px added below it, for one more line of the legend.
WIDTH, MORE_BELOW = 440, 24


def scores(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    held: NDArray[Any] | None = None,
    lit: tuple[int, int],
    rows: Rows = "queries",
    palette: Palette,
) -> go.Figure:
    """Return the matrix of scores `[Q, K]`, trace `score`, coloured by sign; z is NaN where a cause blocks the cell.

    `causes` do not overlap; `held` `[Q, K]` is what the cells hold, blocked ones too, shown on hover. `lit` is the
    (query, key) in view. `rows` = `keys` transposes the picture.
    """
    z = visible(values.astype(np.float64), causes)
    most = float(np.nanmax(np.abs(z))) if np.isfinite(z).any() else 1.0
    head = _Head(labels=labels, causes=causes, rows=rows, palette=palette)
    look = Look(scale=signed_scale(palette, most or 1.0), numbers=Numbers(text=signed, sizes=_own_sizes), title="score")
    figure = head.matrix(z, look, "“%{y}”, “%{x}”: %{z:.6g}")
    head.light(figure, lit, values if held is None else held)
    return figure


def weights(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    lit: tuple[int, int] | None,
    rows: Rows = "queries",
    palette: Palette,
) -> go.Figure:
    """Return the matrix of weights `[Q, K]`, trace `weight`, on the common scale; z is NaN where a cause blocks it."""
    head = _Head(labels=labels, causes=causes, rows=rows, palette=palette)
    figure = head.matrix(values.astype(np.float64), replace(weight_look(palette), numbers=Numbers(sizes=_own_sizes)))
    lost = np.isnan(values) & ~any_cause(causes, values.shape)
    if lost.any():  # it must not look like an empty cell
        cells, texts = np.argwhere(head.turned(lost)), ["NaN"] * int(lost.sum())
        figure.add_trace(
            cell_texts(cells, texts, name="not a number", size=13, colour=palette.accent, showlegend=False)
        )
    if lit is not None:
        head.light(figure, lit, values)
    return figure


def _own_sizes(texts: Sequence[str], cell: float) -> list[int]:
    """Return the px at which each of `texts` fits into a cell of `cell` px."""
    return [max(7, int(min(17, cell * 0.4, cell / (0.57 * len(text))))) for text in texts]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Head:
    """What the matrices of one head share; `rows` = `keys` transposes them."""

    labels: Sequence[str]
    causes: Mapping[str, NDArray[np.bool_]]
    rows: Rows
    palette: Palette

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.T if self.rows == "keys" else values

    def matrix(self, values: NDArray[Any], look: Look, hover: str | None = None) -> go.Figure:
        """Return the matrix of `values[Q, K]`, its trace named as `look` is titled."""
        figure = matrix(
            self.turned(values),
            labels=self.labels,
            palette=self.palette,
            causes={cause: self.turned(cells) for cause, cells in self.causes.items()},
            look=look,
            hover=hover,
            name=look.title,
            width=WIDTH,
            corner=CORNERS[self.rows],
        )
        margin = figure.layout.margin.b + MORE_BELOW
        return figure.update_layout(height=figure.layout.height + MORE_BELOW, margin_b=margin)

    def light(self, figure: go.Figure, lit: tuple[int, int], held: NDArray[Any]) -> None:
        """Frame the lit row and cell, and lay over the cells invisible squares that take clicks and show what is `held`."""
        T, (query, key) = len(self.labels), lit
        cells = [(q, k) for q in range(T) for k in range(T) if T <= CELLS_UP_TO or q == query or k == key]
        place = [cell[::-1] if self.rows == "keys" else cell for cell in cells]
        figure.add_scatter(
            x=[column for _, column in place],
            y=[row for row, _ in place],
            name="cells",
            showlegend=False,
            customdata=cells,
            hovertext=[self._hover(q, k, f"{figure.data[0].name} {precise(float(held[q, k]))}") for q, k in cells],
            hovertemplate="%{hovertext}<extra></extra>",
            **unseen(max(4, geometry(self.labels, WIDTH).cell - 1)),
        )
        whole, queries, keys = (0, T - 1), (query, query), (key, key)
        for width, across in ((3, whole), (5, keys)):
            corners = (across, queries) if self.rows == "keys" else (queries, across)
            figure.add_shape(**frame(*corners, self.palette, width))

    def _hover(self, q: int, k: int, held: str) -> str:
        """Return what is true of a cell, and what it holds, to the last figure."""
        query, key = escape(self.labels[q]), escape(self.labels[k])
        for cause, cells in self.causes.items():
            if cells[q, k]:
                return f"<b>{query}</b> may not read <b>{key}</b>: {self.palette.causes[cause].reason}<br>{held}"
        return f"<b>{query}</b> reads <b>{key}</b><br>{held}"
