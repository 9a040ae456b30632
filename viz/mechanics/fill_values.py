"""How masks go wrong, as pictures: fills on one row, how low is low enough, NaN spreading. Axis letters: L layer, T token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from formatting import percent
from viz.base.axes import FEW, cell_texts, word_columns, word_rows
from viz.base.figure import Figure, Trace, bar, heatmap
from viz.base.hatching import any_cause, bar_marker
from viz.base.text import precise, signed
from viz.base.theme import Palette, Scale, ink, style, weight_colour, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS_UP_TO = 20
CELL = 46  # px of a row of cells
NARROWEST = 44  # px of a column of cells with numbers, on a phone
TOP = 40  # px of the tokens above them


def by_fill_value(
    weights: NDArray[Any],
    *,
    fills: Sequence[str],
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
) -> Figure:
    """Return one row's `weights[fill, T]` as a row of cells per fill, trace `weight`; NaN is written where one is not a number.

    `causes` `[T]` hatch blocked cells; give none for a row whose blocked cells get weight all the same.
    """
    blocked = any_cause(causes, (len(labels),))
    z = np.where(blocked, np.nan, weights.astype(np.float64))
    figure = Figure(_cells(z, weights, palette))
    for cause, cells in causes.items():
        at = [(row, key) for row in range(len(fills)) for key in np.flatnonzero(cells).tolist()]
        if at:
            _hatched(figure, at, cause, palette)
    lost = np.argwhere(np.isnan(weights) & ~blocked)
    if len(lost):
        figure.add(_not_numbers(lost, len(labels), palette))
    if len(labels) <= NUMBERS_UP_TO:
        figure.add(_numbers(z, palette))
    return _grid(figure, [fill.replace("-", "−") for fill in fills], labels, palette)


def _cells(z: NDArray[np.float64], weights: NDArray[Any], palette: Palette) -> Trace:
    """Return the coloured cells `z[fill, T]`; the hover has all figures of the weight."""
    return heatmap(
        z=z,
        name="weight",
        **weight_scale(palette).heatmap(),
        xgap=3,
        ygap=3,
        customdata=[[precise(float(value)) for value in row] for row in weights],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _numbers(z: NDArray[np.float64], palette: Palette) -> Trace:
    """Return the numbers in the cells of `z[fill, T]`."""
    known = ~np.isnan(z)
    values = z[known].tolist()
    texts = [signed(value, 3 if value >= 0.1 else 2) for value in values]
    return cell_texts(
        np.argwhere(known),
        texts,
        name="numbers",
        size=_size(texts, z.shape[1]),
        colour=[ink(weight_colour(palette, value)) for value in values],
    )


def _size(texts: Sequence[str], tokens: int) -> int:
    """Return the px at which the longest number fits into its cell."""
    longest = max(map(len, texts), default=1)
    return min(18 if tokens <= FEW else 13, int(NARROWEST / (0.58 * longest)))


def nan_spread(rows: NDArray[np.bool_], *, names: Sequence[str], labels: Sequence[str], palette: Palette) -> Figure:
    """Return which rows are NaN, `rows[L, T]`, a line per layer from the first down; trace `nan`, z is 1 where they are.

    `names` are those of the lines; the share of NaN rows stands beside each.
    """
    figure = Figure(
        heatmap(
            z=rows.astype(int),
            name="nan",
            **Scale(colours=[(0, palette.surface), (1, palette.accent)]).heatmap(),
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    if len(labels) <= NUMBERS_UP_TO:
        texts, colour = ["NaN"] * int(rows.sum()), ink(palette.accent)
        figure.add(cell_texts(np.argwhere(rows), texts, name="not a number", size=16, colour=colour))
    shares = [f"{name}: {percent(float(line.mean()))} NaN" for name, line in zip(names, rows, strict=True)]
    return _grid(figure, shares, labels, palette)


def enough(fills: Sequence[float], leaks: Sequence[float], *, palette: Palette) -> Figure:
    """Return for each fill the share of the row that is still on blocked cells: trace `leak`, x in percent."""
    rows = list(range(len(fills)))
    figure = Figure(
        bar(
            x=[100 * leak for leak in leaks],
            y=rows,
            orientation="h",
            name="leak",
            marker={"color": palette.accent},
            customdata=[precise(100 * leak) for leak in leaks],
            hovertemplate="%{customdata} %<extra></extra>",
        )
    )
    for row, leak in enumerate(leaks):
        figure.add_annotation(
            x=100 * leak,
            y=row,
            text=percent(leak) if leak else "exactly 0",
            xanchor="left",
            xshift=6,
            showarrow=False,
            font={"size": 17, "color": palette.text if leak else palette.muted},
        )
    style(figure, palette, height=34 * len(fills) + 56)
    named = {"size": 17, "color": palette.text}
    share = {"text": "share of the row's weight that blocked tokens still get", "font": named}
    figure.update_xaxes(title=share, showticklabels=False, range=[0, 135 * max(*leaks, 1e-9)], fixedrange=True)
    figure.update_yaxes(**word_rows([f"{signed(fill)}  " for fill in fills], palette, size=17, ends=(0.6, 0.4)))
    figure.update_yaxes(title={"text": "fill value", "font": named})
    return figure


def _hatched(figure: Figure, at: Sequence[tuple[int, int]], cause: str, palette: Palette) -> None:
    """Add hatched cells (row, key) of one cause."""
    look = palette.causes[cause]
    figure.add(
        bar(
            x=[key for _, key in at],
            y=[0.92] * len(at),
            base=[row - 0.46 for row, _ in at],
            width=0.96,
            name=cause,
            marker=bar_marker(look),
            hovertemplate=f"{look.label}: weight 0<extra></extra>",
        )
    )


def _not_numbers(cells: NDArray[Any], tokens: int, palette: Palette) -> Trace:
    """Return the trace that writes NaN into `cells`: it is neither a weight nor a blocked cell."""
    return cell_texts(
        cells,
        ["NaN" if tokens <= NUMBERS_UP_TO else "·"] * len(cells),
        name="not a number",
        size=18 if tokens <= FEW else 12,
        colour=palette.accent,
        hoverinfo=None,
        hovertemplate="NaN: 0 divided by 0<extra></extra>",
    )


def _grid(figure: Figure, rows: Sequence[str], labels: Sequence[str], palette: Palette) -> Figure:
    """Return `figure` as rows of cells, their names at the left, the tokens on top."""
    style(figure, palette, height=TOP + 12 + CELL * len(rows))
    figure.update_layout(showlegend=False, margin={"t": TOP, "l": 4, "r": 4, "b": 8}, hovermode="closest")
    figure.update_xaxes(side="top", **word_columns(labels, palette))
    figure.update_yaxes(**word_rows([f"{name}  " for name in rows], palette, size=17, ends=(0.5, 0.5)))
    return figure
