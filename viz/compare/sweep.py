"""What grows with a setting: a panel per measure over the values of a sweep, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from viz.base.figure import Figure, Trace, scatter
from viz.base.panels import bold, heading, lines_of, place
from viz.base.text import escape
from viz.base.theme import ramp_colour, style
from viz.compare.metrics import whiskers

if TYPE_CHECKING:
    from viz.base.theme import Palette

PANEL = 150
UPRIGHT = 28  # characters below a panel that stand beside each other, all as far apart as the widest neighbours
SIGNS = {"grows": "↗ grows", "falls": "↘ falls", "stays": "→ stays", "undecided": "?"}


@dataclass(frozen=True, kw_only=True)
class SweepPanel:
    """One measure over the values of a sweep: means, half of their intervals (NaN: none), and `trend`, one of SIGNS."""

    title: str
    means: Sequence[float]
    margins: Sequence[float]
    trend: str
    log: bool = False
    share: bool = False


def _share_range(one: SweepPanel) -> list[float]:
    """Return the part of 0 to 1 that a share and its intervals reach: neither axis nor interval leaves it."""
    known = [(mean, 0.0 if math.isnan(m) else m) for mean, m in zip(one.means, one.margins, strict=True)]
    known = [(mean, m) for mean, m in known if not math.isnan(mean)]
    low = max(min((mean - m for mean, m in known), default=0.0), 0.0)
    high = min(max((mean + m for mean, m in known), default=1.0), 1.0)
    pad = 0.06 * max(high - low, 0.2)
    return [max(low - pad, 0.0), min(high + pad, 1.0)]


def _log_step(means: Sequence[float]) -> int | str:
    """Return the steps of a logarithmic axis over `means` that are few and never one alone: 1, 2 and 5, or whole powers."""
    known = [math.log10(mean) for mean in means if mean > 0]
    decades = max(known, default=0.0) - min(known, default=0.0)
    return 2 if decades > 3 else "D2" if 0 < decades < 1.5 else 1


def sweep(panels: Sequence[SweepPanel], ticks: Sequence[str], *, palette: Palette) -> Figure:
    """Return a panel per measure over the values named `ticks`; its trend stands in its title. Traces: `mean`."""
    figure, lines = Figure(), lines_of(panels)
    height = PANEL * lines
    layout: dict[str, Any] = {}
    headings = []
    for number, one in enumerate(panels):
        axis, across, line = place(number)
        high = 1 - line / lines - 26 / height
        figure.add(_means(one, ticks, axis, palette))
        layout |= _axes(one, ticks, axis, across, (max(high - (PANEL - 66) / height, 0), high), palette)
        colour = palette.accent if one.trend in ("grows", "falls") else palette.muted
        sign = f'<span style="color:{colour}">{SIGNS[one.trend]}</span>'
        headings.append(heading(f"{bold(one.title)} {sign}", palette, y=high, x=across[0]))
    style(figure, palette, height=height)
    figure.update_layout(**layout, annotations=headings, margin={"l": 44, "r": 8, "t": 4, "b": 4})
    return figure


def _means(one: SweepPanel, ticks: Sequence[str], axis: str, palette: Palette) -> Trace:
    """Return the line through the means of one measure, with their intervals."""
    return scatter(
        name="mean",
        meta=one.title,
        x=list(range(len(ticks))),
        y=list(one.means),
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        mode="lines+markers",
        line={"color": ramp_colour(palette, 0.62), "width": 3},
        marker={"size": 8},
        error_y={
            **whiskers(one.means, one.margins, share=one.share),
            "color": palette.text,
            "thickness": 1.5,
            "width": 4,
        },
        cliponaxis=False,  # a mark at 0 or 1 stands on the edge
        customdata=[escape(tick) for tick in ticks],
        hovertemplate=f"{escape(one.title)}<br>%{{customdata}}: %{{y:.4g}}<extra></extra>",
        showlegend=False,
    )


def _width(ticks: Sequence[str]) -> float:
    """Return how many characters `ticks` take at equal distances, such that no two touch."""
    widest = max((len(one) + len(other) for one, other in pairwise(ticks)), default=0)
    return len(ticks) * (widest / 2 + 0.5)


def _axes(
    one: SweepPanel,
    ticks: Sequence[str],
    axis: str,
    across: tuple[float, float],
    down: tuple[float, float],
    palette: Palette,
) -> dict[str, Any]:
    """Return the two axes of one panel."""
    shared = {"fixedrange": True, "zeroline": False, "tickfont": {"size": 13, "color": palette.muted}}
    return {
        f"xaxis{axis}": shared
        | {
            "domain": across,
            "anchor": f"y{axis}",
            "range": [-0.3, len(ticks) - 0.7],
            "tickvals": list(range(len(ticks))),
            "ticktext": [escape(tick) for tick in ticks],
            "ticklabelstandoff": 5,  # clear of a mark on the edge
            "tickangle": 0 if _width(ticks) <= UPRIGHT else -45,
            "showgrid": False,
        },
        f"yaxis{axis}": shared
        | {
            "domain": down,
            "anchor": f"x{axis}",
            "nticks": 4,
            "type": "log" if one.log else "linear",
            "range": _share_range(one) if one.share else None,
            "dtick": _log_step(one.means) if one.log else None,
            "tickformat": "~%" if one.share else "~s" if one.log else None,
            "showgrid": True,
            "gridcolor": palette.line,
        },
    }
