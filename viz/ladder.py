"""What grows with a setting: a panel per measure over the rungs of a ladder, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from viz.labels import escape
from viz.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.theme import Palette

COLUMNS, PANEL = 2, 150
SIGNS = {"grows": "↗ grows", "falls": "↘ falls", "stays": "→ stays", "undecided": "? undecided"}


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """One measure over the rungs: means, half of their intervals (NaN: none), and what it does."""

    title: str
    means: Sequence[float]
    margins: Sequence[float]
    verdict: str
    log: bool = False
    share: bool = False


def _share_range(one: Rungs) -> list[float]:
    """Return the part of 0 to 1 that a share and its intervals reach: an interval may end where no share can be."""
    known = [(mean, 0.0 if math.isnan(m) else m) for mean, m in zip(one.means, one.margins, strict=True)]
    known = [(mean, m) for mean, m in known if not math.isnan(mean)]
    low = max(min((mean - m for mean, m in known), default=0.0), 0.0)
    high = min(max((mean + m for mean, m in known), default=1.0), 1.0)
    pad = 0.06 * max(high - low, 0.2)
    return [low - pad, high + pad]


def ladder(panels: Sequence[Rungs], ticks: Sequence[str], *, palette: Palette) -> go.Figure:
    """Return a panel per measure over the rungs named `ticks`; what it does stands in its title. Traces: `mean`."""
    figure, lines = go.Figure(), -(-len(panels) // COLUMNS)
    height = PANEL * lines
    layout: dict[str, Any] = {}
    for i, one in enumerate(panels):
        axis, (line, column) = "" if i == 0 else str(i + 1), divmod(i, COLUMNS)
        decided = one.verdict in ("grows", "falls")
        colour = palette.accent if decided else palette.muted
        high, left = 1 - line / lines - 26 / height, column * 0.54
        figure.add_scatter(
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
                "array": [0 if math.isnan(margin) else margin for margin in one.margins],
                "color": palette.text,
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[escape(tick) for tick in ticks],
            hovertemplate=f"{escape(one.title)}<br>%{{customdata}}: %{{y:.4g}}<extra></extra>",
            showlegend=False,
        )
        shared = {"fixedrange": True, "zeroline": False, "tickfont": {"size": 13, "color": palette.muted}}
        layout[f"xaxis{axis}"] = shared | {
            "domain": (left, left + 0.46),
            "anchor": f"y{axis}",
            "range": [-0.3, len(ticks) - 0.7],
            "tickvals": list(range(len(ticks))),
            "ticktext": [escape(tick) for tick in ticks],
            "tickangle": 0 if len(ticks) < 6 else -45,
            "showgrid": False,
        }
        layout[f"yaxis{axis}"] = shared | {
            "domain": (max(high - (PANEL - 66) / height, 0), high),
            "anchor": f"x{axis}",
            "nticks": 4,
            "type": "log" if one.log else "linear",
            "range": _share_range(one) if one.share else None,
            "dtick": 2 if one.log else None,
            "showgrid": True,
            "gridcolor": palette.line,
        }
        figure.add_annotation(
            text=f'<b>{escape(one.title)}</b> <span style="color:{colour}">{SIGNS[one.verdict]}</span>',
            xref="paper",
            yref="paper",
            x=left,
            y=high,
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 15, "color": palette.text},
        )
    style(figure, palette, height=height)
    figure.update_layout(**layout, margin={"l": 44, "r": 8, "t": 4, "b": 4})
    return figure
