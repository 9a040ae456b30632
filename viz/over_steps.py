"""How uncertain each step of a text was, and how many tokens its filters left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from viz.labels import escape
from viz.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.theme import Palette


def over_steps(
    words: Sequence[str],
    *,
    before: Sequence[float],
    after: Sequence[float],
    kept: dict[str, Sequence[int]],
    chosen: int,
    palette: Palette,
) -> go.Figure:
    """Return two panels over the steps: entropy in bits before and after the filters, and tokens left by each filter.

    `kept` gives for each filter how many tokens it left at each step. `chosen` is the step in view, from 0. Traces:
    `before`, `after`, and `left by FILTER`.
    """
    figure = go.Figure()
    steps = list(range(1, len(words) + 1))
    told = [escape(word) for word in words]
    for name, values, colour, dash in (
        ("before", before, palette.muted, "dot"),
        ("after", after, ramp_colour(palette, 0.62), "solid"),
    ):
        _line(figure, steps, values, f"{name} the filters", name, "y", colour, dash, told, "%{y:.2f} bits")
    colours = (ramp_colour(palette, 0.62), palette.accent, palette.muted)
    for (name, counts), colour, dash in zip(kept.items(), colours, ("dash", "solid", "dot"), strict=False):
        _line(figure, steps, counts, f"left by {name}", f"left by {name}", "y2", colour, dash, told, "%{y:,} tokens")
    for axis in ("y", "y2"):
        figure.add_shape(
            type="line",
            x0=chosen + 1,
            x1=chosen + 1,
            y0=0,
            y1=1,
            yref=f"{axis} domain",
            line={"color": palette.accent, "width": 2, "dash": "dot"},
            layer="below",
        )
    style(figure, palette, height=430)
    _axes(figure, palette, len(words))
    return figure


def _line(
    figure: go.Figure,
    steps: list[int],
    values: Sequence[float],
    title: str,
    name: str,
    axis: str,
    colour: str,
    dash: str,
    told: list[str],
    unit: str,
) -> None:
    figure.add_scatter(
        x=steps,
        y=list(values),
        yaxis=axis,
        name=title,
        meta=name,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 3},
        marker={"size": 7},
        customdata=told,
        hovertemplate=f"step %{{x}}, “%{{customdata}}”<br>{title}: {unit}<extra></extra>",
    )


def _axes(figure: go.Figure, palette: Palette, steps: int) -> None:
    shared = {"showgrid": True, "gridcolor": palette.line, "fixedrange": True, "tickfont": {"size": 15}}
    figure.update_layout(
        xaxis={
            **shared,
            "range": [0.5, max(steps, 1) + 0.5],
            "anchor": "y2",
            "dtick": max(1, -(-steps // 10)),
            "tick0": 0,
            "title": {"text": "step", "font": {"size": 15, "color": palette.muted}},
        },
        yaxis={**shared, "domain": [0.56, 1], "rangemode": "tozero", "nticks": 5},
        yaxis2={**shared, "domain": [0, 0.42], "type": "log", "dtick": 1, "anchor": "x", "tickformat": ",d"},
        margin={"l": 56, "r": 12, "t": 28, "b": 96},
        legend={"y": -0.22},
        hovermode="closest",
    )
    for y, text in ((1, "uncertainty in bits"), (0.42, "tokens left")):
        figure.add_annotation(
            text=text,
            xref="paper",
            yref="paper",
            x=0,
            y=y,
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 15, "color": palette.text},
        )
