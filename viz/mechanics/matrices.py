"""Matrices of one head: scores, masked scores, weights, with one row lit. Axis letters: Q query, K key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from viz.base.click_targets import unseen
from viz.base.hatching import REASONS
from viz.base.matrix import geometry, matrix
from viz.base.numbers import precise, signed, signed_scale
from viz.base.text import escape, shorten
from viz.base.theme import Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rows = Literal["queries", "keys"]

# One marker per cell up to this many tokens: each is a node of the page. Above it, the lit row and column alone.
CELLS_UP_TO = 48

# px of one matrix: two stand side by side on a screen of 1,400.
WIDTH = 440


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

    `causes` do not overlap; `held` `[Q, K]` is what the cells hold, blocked ones too, told by their hover. `lit` is the
    (query, key) in view. `rows` = `keys` transposes the picture.
    """
    z = _blank(values, causes)
    most = float(np.nanmax(np.abs(z))) if np.isfinite(z).any() else 1.0
    stand_in = (z / (most or 1.0) + 1) / 2  # the matrix draws 0 to 1
    figure = _matrix(stand_in, labels, causes, rows, palette, name="score")
    shown = z.T if rows == "keys" else z
    figure.data[0].update(
        z=shown,
        zmin=-most,
        zmax=most,
        colorscale=signed_scale(palette),
        hovertemplate="“%{y}”, “%{x}”: %{z:.6g}<extra></extra>",
    )
    _write_scores(figure, shown, most, palette)
    _fit(figure, labels)
    # The matrix explains its colours by a bar for weights, which scores are not.
    figure.data = [one for one in figure.data if not (one.type == "scatter" and one.marker.colorbar.tickvals)]
    told = values if held is None else held
    _lay_over(figure, labels, lit, rows, palette, tell=_teller(told, causes, "score"))
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
    figure = _matrix(_blank(values, causes), labels, causes, rows, palette, name="weight")
    _fit(figure, labels)
    if np.isnan(values[~_any(causes)]).any():
        _write_not_numbers(figure, np.isnan(values) & ~_any(causes), rows, palette)
    if lit is not None:
        _lay_over(figure, labels, lit, rows, palette, tell=_teller(values, causes, "weight"))
    return figure


def _write_scores(figure: go.Figure, shown: NDArray[Any], most: float, palette: Palette) -> None:
    """Write the scores into the cells, in place of what stands in for them in the matrix."""
    for trace in figure.select_traces(selector={"name": "numbers"}):
        scores = [float(shown[int(y), int(x)]) for x, y in zip(trace.x, trace.y, strict=True)]
        trace.update(
            text=[signed(score) for score in scores],
            # White paper at zero, dark colours at the ends: the ink turns where the ground does.
            textfont_color=[palette.paper if abs(score) > 0.55 * most else palette.text for score in scores],
        )


def _fit(figure: go.Figure, labels: Sequence[str]) -> None:
    """Make each number as large as its cell allows, and room for a legend of two lines."""
    cell = geometry([shorten(label) for label in labels], width=WIDTH).cell
    for trace in figure.data:
        if trace.name == "numbers":
            trace.textfont.size = [max(7, int(min(17, cell * 0.4, cell / (0.57 * len(text))))) for text in trace.text]
    figure.update_layout(height=figure.layout.height + 24, margin_b=figure.layout.margin.b + 24)


def _any(causes: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.any(list(causes.values()), axis=0))


def _blank(values: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]]) -> NDArray[Any]:
    return np.where(_any(causes), np.nan, values.astype(np.float64))


def _matrix(
    values: NDArray[Any],
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    rows: Rows,
    palette: Palette,
    *,
    name: str,
) -> go.Figure:
    turned = rows == "keys"
    figure = matrix(
        values.T if turned else values,
        labels=labels,
        palette=palette,
        causes={cause: cells.T if turned else cells for cause, cells in causes.items()},
        name=name,
        width=WIDTH,
    )
    if turned:
        for note in figure.layout.annotations:
            if note.text == "reads ↓<br>is read →":
                note.text = "is read ↓<br>reads →"
    return figure


def _teller(
    values: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]], name: str
) -> Callable[[int, int, str, str], str]:
    """Return what says of the cell (query, key, their labels) what it holds, to the last figure."""

    def tell(q: int, k: int, query: str, key: str) -> str:
        held = f"{name} {precise(float(values[q, k]))}"
        for cause, cells in causes.items():
            if cells[q, k]:
                return f"<b>{query}</b> may not read <b>{key}</b>: {REASONS[cause]}<br>{held}"
        return f"<b>{query}</b> reads <b>{key}</b><br>{held}"

    return tell


def _lay_over(
    figure: go.Figure,
    labels: Sequence[str],
    lit: tuple[int, int],
    rows: Rows,
    palette: Palette,
    *,
    tell: Callable[[int, int, str, str], str],
) -> None:
    """Frame the lit row and cell, and lay invisible squares over the cells that take clicks."""
    T, (query, key) = len(labels), lit
    cells = [(q, k) for q in range(T) for k in range(T) if T <= CELLS_UP_TO or q == query or k == key]
    names = [escape(label) for label in labels]
    turned = rows == "keys"
    place = geometry([shorten(label) for label in labels], width=WIDTH)
    figure.add_scatter(
        x=[q if turned else k for q, k in cells],
        y=[k if turned else q for q, k in cells],
        name="cells",
        showlegend=False,
        customdata=cells,
        hovertext=[tell(q, k, names[q], names[k]) for q, k in cells],
        hovertemplate="%{hovertext}<extra></extra>",
        **unseen(max(4, place.cell - 1)),
    )
    row = (query - 0.5, query + 0.5)
    _frame(figure, (row, (-0.5, T - 0.5)) if turned else ((-0.5, T - 0.5), row), 3, palette)
    column = (key - 0.5, key + 0.5)
    _frame(figure, (row, column) if turned else (column, row), 5, palette)


def _frame(
    figure: go.Figure, at: tuple[tuple[float, float], tuple[float, float]], width: int, palette: Palette
) -> None:
    (x0, x1), (y0, y1) = at
    figure.add_shape(type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"color": palette.accent, "width": width})


def _write_not_numbers(figure: go.Figure, cells: NDArray[np.bool_], rows: Rows, palette: Palette) -> None:
    """Write NaN where a weight is not a number: it must not look like an empty cell."""
    places = np.argwhere(cells.T if rows == "keys" else cells)
    figure.add_scatter(
        x=places[:, 1],
        y=places[:, 0],
        mode="text",
        name="not a number",
        text=["NaN"] * len(places),
        textfont={"color": palette.accent, "size": 13},
        showlegend=False,
        hoverinfo="skip",
    )
