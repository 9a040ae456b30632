"""Wrong ways to apply a mask, row by row: what lies where, and what is missing. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import numbered
from viz.base.figure import Figure, bar
from viz.base.hatching import bar_marker
from viz.base.text import escape, shorten, signed
from viz.base.theme import Palette, ink, style

if TYPE_CHECKING:
    from numpy.typing import NDArray


# The part of a panel's place that it fills; the rest is the gap to the next.
FILLED = 0.9
MOST_OUTSIDE = 0.75  # behind a longer bar its sum would run into the next panel
FULL = 0.995  # a row whose sum is 1 when rounded
SUMS_UP_TO = 20  # rows whose sums do not touch


def wrong_masks(
    panels: Sequence[Mapping[str, NDArray[Any]]],
    *,
    titles: Sequence[tuple[str, str]],
    labels: Sequence[str],
    lit: int,
    palette: Palette,
) -> Figure:
    """Return a panel per way: each word's row as one bar of what lies where, which should fill the frame from 0 to 1.

    A panel holds `allowed`, `causal`, `padding`, `hand` `[T]`, the weights on cells that may be read and on blocked ones;
    `titles` are (name, damage in numbers) of the panels, `lit` the row in view. Where a sum is not 1 it is written at the
    bar's end, of many rows that of `lit` alone. The trace of the first is `allowed`.
    """
    T = len(labels)
    figure = Figure()
    for panel, (parts, title) in enumerate(zip(panels, titles, strict=True), start=1):
        for part, values in parts.items():
            if part not in palette.causes or np.any(values > 0):
                _add_part(figure, panel, part, values, labels, palette)
        _frame(figure, numbered("x", panel), T, palette)
        _head(figure, numbered("x", panel), title, palette)
        totals = np.sum(list(parts.values()), axis=0)
        for row in range(T) if T <= SUMS_UP_TO else (lit,):
            _missing(figure, numbered("x", panel), float(totals[row]), row, palette)
    style(figure, palette, height=136 + max(160, min(34 * T, 640)))
    figure.add_shape(
        type="rect",
        xref="paper",
        x0=0,
        x1=1 - (1 - FILLED) / len(panels),
        y0=lit - 0.5,
        y1=lit + 0.5,
        line={"color": palette.accent, "width": 2},
    )
    _axes(figure, len(panels), labels, palette)
    figure.update_layout(
        barmode="stack",
        bargap=0.2,
        showlegend=True,
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
        margin={"t": 66, "l": 8, "r": 8, "b": 64},
    )
    return figure


def _add_part(
    figure: Figure, panel: int, part: str, values: NDArray[Any], labels: Sequence[str], palette: Palette
) -> None:
    """Add one part of each word's bar, `values[T]`: plain where it is allowed, else under the hatch of its cause."""
    look = palette.causes.get(part)
    what = "may be read" if look is None else look.label
    figure.add(
        bar(
            x=values,
            y=list(range(len(labels))),
            orientation="h",
            name=part if look is None else look.label,
            # The legend names each cause once, however many panels it occurs in.
            showlegend=look is not None and part not in {trace.legendgroup for trace in figure.data},
            legendgroup=part,
            xaxis=numbered("x", panel),
            marker={"color": palette.ramp[5]}
            if look is None
            else bar_marker(look, 6) | {"line": {"color": look.mark, "width": 1}},
            customdata=[escape(label) for label in labels],
            hovertemplate=f"<b>%{{customdata}}</b>, {what}: %{{x:.1%}}<extra></extra>",
        )
    )


def _frame(figure: Figure, axis: str, tokens: int, palette: Palette) -> None:
    """Draw the frame that the bars of a panel should fill."""
    line = {"color": palette.line}
    figure.add_shape(type="rect", x0=0, x1=1, y0=-0.5, y1=tokens - 0.5, xref=axis, yref="y", line=line)


def _missing(figure: Figure, axis: str, total: float, row: int, palette: Palette) -> None:
    """Write the sum of a row at the end of its bar, where the bar does not fill the frame."""
    if total < FULL:
        inside = total > MOST_OUTSIDE
        font = {"size": 16, "color": ink(palette.ramp[5]) if inside else palette.accent}
        figure.add_annotation(
            text=signed(total),
            x=total,
            y=row,
            xref=axis,
            yref="y",
            xanchor="right" if inside else "left",
            xshift=-4 if inside else 4,
            showarrow=False,
            font=font,
        )


def _head(figure: Figure, axis: str, title: tuple[str, str], palette: Palette) -> None:
    """Write over a panel its name and, below, the damage in numbers."""
    for text, colour, up in ((title[0], palette.text, 42), (title[1], palette.accent, 18)):
        figure.add_annotation(
            text=text,
            x=0,
            y=1,
            xref=axis,
            yref="paper",
            xanchor="left",
            yanchor="middle",
            yshift=up,
            showarrow=False,
            font={"size": 16, "color": colour},
        )


def _axes(figure: Figure, panels: int, labels: Sequence[str], palette: Palette) -> None:
    """Set the panels side by side, and the words at their left, thinned out where they would touch."""
    T, each = len(labels), 1 / panels
    for panel in range(panels):
        domain = [panel * each, (panel + FILLED) * each]
        figure.update_layout(
            **{
                numbered("xaxis", panel + 1): {
                    "domain": domain,
                    "range": [0, 1.02],
                    "tickvals": [0, 0.5, 1],
                    "tickfont": {"size": 14, "color": palette.muted},
                    "showgrid": False,
                    "zeroline": False,
                    "fixedrange": True,
                }
            }
        )
    step = max(1, T // 24)
    figure.update_yaxes(
        tickvals=list(range(0, T, step)),
        ticktext=[escape(shorten(label)) for label in labels[::step]],
        tickfont={"size": 17 if T <= 20 else 13, "color": palette.text},
        range=[T - 0.5, -0.5],
        fixedrange=True,
    )
