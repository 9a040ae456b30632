"""The share of a row that one key keeps, as a bias is added to its score: the curve of a soft weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formatting import percent
from viz.base.axes import across
from viz.base.figure import Figure, Trace, scatter
from viz.base.theme import Palette, style

# Weights named on the axis; each stands at its logarithm.
NAMED = (1.0, 0.5, 0.25, 0.1, 0.05, 0.01)
LOWEST = float(np.log(0.006))


def soft_weight_curve(
    biases: Sequence[float],
    shares: Sequence[float],
    *,
    dots: Sequence[tuple[float, float]],
    weight: float,
    measured: float,
    full: float,
    palette: Palette,
) -> Figure:
    """Return the curve `share` over the added bias; trace `model` holds the dots of real runs, `now` the chosen one.

    `full` is the share at weight 1. The dashed trace `plain` is what plain multiplication of that share would give.
    """
    figure = Figure([_multiplied(biases, full, palette), _kept(biases, shares, palette), _runs(dots, palette)])
    _now(figure, weight, measured, palette)
    style(figure, palette, height=360)
    figure.update_layout(showlegend=False, margin={"l": 60, "r": 16, "t": 10, "b": 74})
    _axes(figure, full, palette)
    return figure


def _multiplied(biases: Sequence[float], full: float, palette: Palette) -> Trace:
    """Return the curve of plain multiplication: the share at weight 1 times the weight that each bias stands for."""
    return scatter(
        x=list(biases),
        y=[100 * full * float(np.exp(bias)) for bias in biases],
        name="plain",
        mode="lines",
        line={"color": palette.muted, "width": 2, "dash": "dash"},
        hovertemplate="share × weight: %{y:.1f} %<extra></extra>",
    )


def _kept(biases: Sequence[float], shares: Sequence[float], palette: Palette) -> Trace:
    """Return the curve of the share that the key keeps."""
    return scatter(
        x=list(biases),
        y=[100 * share for share in shares],
        name="share",
        mode="lines",
        line={"color": palette.ramp[5], "width": 4},
        hovertemplate="bias %{x:.2f}: %{y:.1f} % of the row<extra></extra>",
    )


def _runs(dots: Sequence[tuple[float, float]], palette: Palette) -> Trace:
    """Return the dots (weight, share) of real runs."""
    return scatter(
        x=[float(np.log(one)) for one, _ in dots],
        y=[100 * share for _, share in dots],
        name="model",
        mode="markers",
        marker={"color": palette.paper, "size": 11, "line": {"color": palette.ramp[5], "width": 2.5}},
        customdata=[percent(share) for _, share in dots],
        hovertemplate="the model, run: %{customdata}<extra></extra>",
    )


def _axes(figure: Figure, full: float, palette: Palette) -> None:
    """Name each bias with the weight that it stands for, and leave room above the share at weight 1."""
    figure.update_xaxes(
        range=[LOWEST, 0.12],
        tickvals=[float(np.log(one)) for one in NAMED],
        ticktext=[f"{one:g}<br>{np.log(one):.1f}".replace("-", "−") for one in NAMED],
        tickfont={"size": 16, "color": palette.text},
        title={
            "text": "mask value m; below it log m, which is added to the score",
            "font": {"size": 14, "color": palette.muted},
        },
        fixedrange=True,
    )
    top = 100 * max(full, 0.02) * 1.25
    figure.update_yaxes(range=[0, min(top, 112)], ticksuffix=" %", nticks=5, tickfont={"size": 15}, fixedrange=True)


def _now(figure: Figure, weight: float, measured: float, palette: Palette) -> None:
    """Mark the chosen weight: a line at its logarithm, a filled dot, its share."""
    if weight <= 0:
        return
    at = float(np.log(weight))
    figure.add_shape(**across(x=at), line={"color": palette.accent, "width": 1.5, "dash": "dot"})
    figure.add(
        scatter(
            x=[at],
            y=[100 * measured],
            name="now",
            mode="markers+text",
            marker={"color": palette.accent, "size": 16},
            text=[f"<b>{percent(measured)}</b>"],
            textposition="top left",
            textfont={"size": 22, "color": palette.accent},
            cliponaxis=False,
            customdata=[percent(measured)],
            hovertemplate="the model, run now: %{customdata}<extra></extra>",
        )
    )
