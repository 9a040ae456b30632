"""Wrong ways to apply a mask, row by row: what lies where, and what is missing. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.labels import escape, shorten
from viz.numbers import hatch
from viz.theme import Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ways(
    damages: Sequence[Mapping[str, NDArray[Any]]],
    *,
    titles: Sequence[tuple[str, str]],
    labels: Sequence[str],
    lit: int,
    palette: Palette,
) -> go.Figure:
    """Return a panel per way: each word's row as one bar of what lies where, which should fill the frame from 0 to 1.

    A damage holds `lawful`, `causal`, `padding`, `hand` `[T]`, the weights on cells that may be read and on blocked ones;
    `titles` are (name, damage in numbers) of the panels, `lit` the row in view. The trace of the first is `lawful`.
    """
    figure, count, T = go.Figure(), len(damages), len(labels)
    named: set[str] = set()
    for panel, (parts, title) in enumerate(zip(damages, titles, strict=True), start=1):
        for part, values in parts.items():
            look = palette.causes.get(part)
            if look is not None and not np.any(values > 0):
                continue
            figure.add_bar(
                x=values,
                y=list(range(T)),
                orientation="h",
                name=part if look is None else look.label,
                showlegend=look is not None and part not in named,
                legendgroup=part,
                xaxis=f"x{panel}",
                marker={"color": palette.ramp[5]}
                if look is None
                else {"color": look.tint, "pattern": hatch(look, 6), "line": {"color": look.mark, "width": 1}},
                customdata=[escape(label) for label in labels],
                hovertemplate=f"<b>%{{customdata}}</b>, {'may be read' if look is None else look.label}: "
                "%{x:.1%}<extra></extra>",
            )
            named.add(part)
        figure.add_shape(
            type="rect", x0=0, x1=1, y0=-0.5, y1=T - 0.5, xref=f"x{panel}", yref="y", line={"color": palette.line}
        )
        for text, colour, y in ((title[0], palette.text, 54), (title[1], palette.accent, 30)):
            figure.add_annotation(
                text=text,
                x=0,
                y=1,
                xref=f"x{panel}",
                yref="paper",
                xanchor="left",
                yanchor="middle",
                yshift=y - 12,
                showarrow=False,
                font={"size": 16, "color": colour},
            )
    style(figure, palette, height=112 + max(160, min(34 * T, 640)))
    figure.add_shape(
        type="rect",
        xref="paper",
        x0=0,
        x1=1,
        y0=lit - 0.5,
        y1=lit + 0.5,
        line={"color": palette.accent, "width": 2},
    )
    each = 1 / count
    for panel in range(count):
        axis = {
            "domain": [panel * each, (panel + 0.9) * each],
            "range": [0, 1.02],
            "visible": False,
            "fixedrange": True,
        }
        figure.update_layout({f"xaxis{panel + 1}": axis})
    step = max(1, T // 24)
    figure.update_yaxes(
        tickvals=list(range(0, T, step)),
        ticktext=[escape(shorten(label)) for label in labels[::step]],
        tickfont={"size": 17 if T <= 20 else 13, "color": palette.text},
        range=[T - 0.5, -0.5],
        fixedrange=True,
    )
    figure.update_layout(barmode="stack", bargap=0.2, showlegend=True, margin={"t": 66, "l": 8, "r": 8, "b": 40})
    return figure
