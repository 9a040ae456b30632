"""Matrices of one head: scores, masked scores, weights, with one row lit. Axis letters: Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from viz.base.axes import cell_texts, frame
from viz.base.figure import Figure
from viz.base.hatching import HOVER_UP_TO, any_cause, visible
from viz.base.matrix import CORNER, ColourBar, Look, Numbers, full_size, matrix, weight_look
from viz.base.text import escape, precise, signed
from viz.base.theme import signed_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

Rows = Literal["queries", "keys"]
CORNERS: dict[Rows, str] = {"queries": CORNER, "keys": "columns → read<br>rows ↓"}

# px of one matrix: two stand side by side on a screen of 1,400. px added below it, for one more line of the legend.
WIDTH, MORE_BELOW = 440, 24
SHRUNK = 0.92  # of a cell's side are left on a screen of 1,280


def scores(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    held: NDArray[Any] | None = None,
    lit: tuple[int, int],
    rows: Rows = "queries",
    palette: Palette,
) -> Figure:
    """Return the matrix of scores `[Q, K]`, trace `score`, coloured by sign; z is NaN where a cause blocks the cell.

    `causes` do not overlap; `held` `[Q, K]` is what the cells hold, blocked ones too, shown on hover. `lit` is the
    (query, key) in view. `rows` = `keys` transposes the picture.
    """
    z = visible(values.astype(np.float64), causes)
    most = float(np.nanmax(np.abs(z))) if np.isfinite(z).any() else 1.0
    head = _Head(labels=labels, causes=causes, rows=rows, palette=palette)
    scale = signed_scale(palette, most or 1.0)
    bar = ColourBar(scale=scale, ticks={end: signed(end) for end in (scale.low, 0.0, scale.high)}, zero="score 0")
    look = Look(scale=scale, numbers=Numbers(text=signed, sizes=_size), bar=bar, title="score")
    return head.light(head.matrix(z, look, values if held is None else held), lit)


def weights(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    lit: tuple[int, int] | None,
    rows: Rows = "queries",
    palette: Palette,
) -> Figure:
    """Return the matrix of weights `[Q, K]`, trace `weight`, on the common scale; z is NaN where a cause blocks it."""
    head = _Head(labels=labels, causes=causes, rows=rows, palette=palette)
    figure = head.matrix(
        values.astype(np.float64), weight_look(palette, numbers=Numbers(text=_weight, sizes=_size)), values
    )
    lost = np.isnan(values) & ~any_cause(causes, values.shape)
    if lost.any():  # it must not look like an empty cell
        cells, texts = np.argwhere(head.turned(lost)), ["NaN"] * int(lost.sum())
        figure.add(cell_texts(cells, texts, name="not a number", size=13, colour=palette.accent, showlegend=False))
    return figure if lit is None else head.light(figure, lit)


def _size(texts: Sequence[str], cell: float) -> int:
    """Return the px at which the longest of `texts` nearly fills a cell where the matrix is drawn at its narrowest."""
    return full_size(texts, SHRUNK * cell)


def _weight(value: float) -> str:
    """Return a weight in five characters, so that two matrices beside each other stay legible; the hover has all figures."""
    return signed(value, 2 if value >= 0.00995 else 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Head:
    """What the matrices of one head share; `rows` = `keys` transposes them."""

    labels: Sequence[str]
    causes: Mapping[str, NDArray[np.bool_]]
    rows: Rows
    palette: Palette

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.T if self.rows == "keys" else values

    def matrix(self, values: NDArray[Any], look: Look, held: NDArray[Any]) -> Figure:
        """Return the matrix of `values[Q, K]`, its trace named as `look` is titled; on hover it shows what is `held`."""
        figure = matrix(
            self.turned(values),
            labels=self.labels,
            palette=self.palette,
            causes={cause: self.turned(cells) for cause, cells in self.causes.items()},
            look=look,
            hover=self._hover(look.title, held),
            name=look.title,
            width=WIDTH,
            corner=CORNERS[self.rows],
        )
        return figure.grow_below(MORE_BELOW)

    def light(self, figure: Figure, lit: tuple[int, int]) -> Figure:
        """Frame the lit row, and in it the lit cell."""
        whole, query, key = (0, len(self.labels) - 1), (lit[0], lit[0]), (lit[1], lit[1])
        for width, keys in ((3, whole), (5, key)):
            corners = (keys, query) if self.rows == "keys" else (query, keys)
            figure.add_shape(**frame(*corners, self.palette, width))
        return figure

    def _hover(self, title: str, held: NDArray[Any]) -> list[list[str]] | str:
        """Return for each cell what is true of it and what it holds, to the last figure; for many tokens a template."""
        T = len(self.labels)
        if T > HOVER_UP_TO:
            return "“%{y}”, “%{x}”: %{z:.6g}"
        names = [escape(label) for label in self.labels]
        texts = np.empty((T, T), dtype=object)
        for q, k in np.ndindex(T, T):
            blocked = next((cause for cause, cells in self.causes.items() if cells[q, k]), None)
            texts[q, k] = f"<b>{names[q]}</b> reads <b>{names[k]}</b>"
            if blocked is not None:
                reason = self.palette.causes[blocked].reason
                texts[q, k] = f"<b>{names[q]}</b> may not read <b>{names[k]}</b>: {reason}"
            texts[q, k] += f"<br>{title} {precise(float(held[q, k]))}"
        found: list[list[str]] = self.turned(texts).tolist()
        return found
