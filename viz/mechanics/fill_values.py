"""How masks go wrong, as pictures: fills on one row, how low is low enough, NaN spreading. Axis letters: L layer, T token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.axes import FEW, word_columns
from viz.base.numbers import hatch, precise, signed
from viz.base.theme import Palette, style, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS_UP_TO = 20
CELL = 46  # px of a row of cells
TOP = 40  # px of the tokens above them


def by_fill_value(
    weights: NDArray[Any],
    *,
    fills: Sequence[str],
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
) -> go.Figure:
    """Return one row's `weights[fill, T]` as a row of cells per fill, trace `weight`; what is not a number says NaN.

    `causes` `[T]` hatch blocked cells; give none for a row whose blocked cells get weight all the same.
    """
    blocked = np.any(list(causes.values()), axis=0) if causes else np.zeros(len(labels), dtype=bool)
    z = np.where(blocked, np.nan, weights.astype(np.float64))
    figure = go.Figure(_cells(z, weights, palette))
    for cause, cells in causes.items():
        at = [(row, key) for row in range(len(fills)) for key in np.flatnonzero(cells).tolist()]
        if at:
            _hatched(figure, at, cause, palette)
    lost = np.argwhere(np.isnan(weights) & ~blocked)
    _not_numbers(figure, lost, len(labels), palette)
    if len(labels) <= NUMBERS_UP_TO:
        figure.add_trace(_numbers(z, palette))
    return _grid(figure, [fill.replace("-", "−") for fill in fills], labels, palette)


def _cells(z: NDArray[np.float64], weights: NDArray[Any], palette: Palette) -> go.Heatmap:
    """Return the coloured cells `z[fill, T]`; the hover tells the weight to the last figure."""
    return go.Heatmap(
        z=z,
        name="weight",
        zmin=0,
        zmax=1,
        colorscale=weight_scale(palette),
        showscale=False,
        xgap=3,
        ygap=3,
        customdata=[[precise(float(value)) for value in row] for row in weights],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _numbers(z: NDArray[np.float64], palette: Palette) -> go.Scatter:
    """Return the numbers in the cells of `z[fill, T]`, light on dark ones."""
    seen = np.argwhere(~np.isnan(z))
    shown = [float(z[row, key]) for row, key in seen]
    return go.Scatter(
        x=seen[:, 1],
        y=seen[:, 0],
        mode="text",
        name="numbers",
        text=[signed(value) for value in shown],
        textfont={
            "size": 18 if z.shape[1] <= FEW else 13,
            "color": [palette.paper if value > 0.2 else palette.text for value in shown],
        },
        hoverinfo="skip",
    )


def nan_spread(rows: NDArray[np.bool_], *, names: Sequence[str], labels: Sequence[str], palette: Palette) -> go.Figure:
    """Return which rows are NaN, `rows[L, T]`, a line per layer from the first down; trace `nan`, z is 1 where they are.

    `names` are those of the lines; the share of NaN rows stands beside each.
    """
    figure = go.Figure(
        go.Heatmap(
            z=rows.astype(int),
            name="nan",
            zmin=0,
            zmax=1,
            colorscale=[(0, palette.surface), (1, palette.accent)],
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    if len(labels) <= NUMBERS_UP_TO:
        lost = np.argwhere(rows)
        figure.add_scatter(
            x=lost[:, 1],
            y=lost[:, 0],
            mode="text",
            name="not a number",
            text=["NaN"] * len(lost),
            textfont={"size": 16, "color": palette.paper},
            hoverinfo="skip",
        )
    shares = [f"{name}: {float(line.mean()):.0%}" for name, line in zip(names, rows, strict=True)]
    return _grid(figure, shares, labels, palette)


def enough(fills: Sequence[float], leaks: Sequence[float], *, palette: Palette) -> go.Figure:
    """Return for each fill the share of the row that is still on blocked cells: trace `leak`, x in percent."""
    rows = list(range(len(fills)))
    figure = go.Figure(
        go.Bar(
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
            text="exactly 0" if leak == 0 else f"{signed(100 * leak)} %",
            xanchor="left",
            xshift=6,
            showarrow=False,
            font={"size": 17, "color": palette.text if leak else palette.muted},
        )
    style(figure, palette, height=34 * len(fills) + 16)
    figure.update_xaxes(visible=False, range=[0, 135 * max(*leaks, 1e-9)], fixedrange=True)
    figure.update_yaxes(
        tickvals=rows,
        ticktext=[f"{signed(fill)}  " for fill in fills],
        tickfont={"size": 17, "color": palette.text},
        range=[len(fills) - 0.4, -0.6],
        fixedrange=True,
    )
    return figure


def _hatched(figure: go.Figure, at: Sequence[tuple[int, int]], cause: str, palette: Palette) -> None:
    """Add hatched cells (row, key) of one cause."""
    look = palette.causes[cause]
    figure.add_bar(
        x=[key for _, key in at],
        y=[0.92] * len(at),
        base=[row - 0.46 for row, _ in at],
        width=0.96,
        name=cause,
        marker={"color": look.tint, "pattern": hatch(look)},
        hovertemplate=f"{look.label}: weight 0<extra></extra>",
    )


def _not_numbers(figure: go.Figure, at: NDArray[Any], tokens: int, palette: Palette) -> None:
    """Write NaN into the cells `at`, each in a frame: it is neither a weight nor a blocked cell."""
    if not len(at):
        return
    figure.add_scatter(
        x=at[:, 1],
        y=at[:, 0],
        mode="text",
        name="not a number",
        text=["NaN" if tokens <= NUMBERS_UP_TO else "·"] * len(at),
        textfont={"size": 18 if tokens <= FEW else 12, "color": palette.accent},
        hovertemplate="NaN: 0 divided by 0<extra></extra>",
    )


def _grid(figure: go.Figure, rows: Sequence[str], labels: Sequence[str], palette: Palette) -> go.Figure:
    """Return `figure` as rows of cells, their names at the left, the tokens on top."""
    style(figure, palette, height=TOP + 12 + CELL * len(rows))
    figure.update_layout(showlegend=False, margin={"t": TOP, "l": 4, "r": 4, "b": 8}, hovermode="closest")
    figure.update_xaxes(side="top", **word_columns(labels, palette))
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{name}  " for name in rows],
        tickfont={"size": 17, "color": palette.text},
        range=[len(rows) - 0.5, -0.5],
        fixedrange=True,
    )
    return figure
