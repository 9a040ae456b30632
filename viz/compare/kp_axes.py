"""The plane of top-k and top-p that pictures are drawn on: its axes, and the settings as points. Axes: K right, P up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viz.base.text import escape
from viz.base.theme import style

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from viz.base.theme import Palette

HEIGHT = 500
TICKS_K = (1, 10, 100, 1_000, 10_000)
TICKS_P = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Cells left free beside the plane, where discs reach over its edge.
_ROOM = 3.0
# How wide a disc is, as a share of the plane.
_DISC = 0.07


@dataclass(frozen=True, kw_only=True)
class Point:
    """One setting on the plane: its number, its k (the whole vocabulary = off) and p, and whether it is in view."""

    number: int
    name: str
    k: int
    p: float
    chosen: bool = False


def place_k(ks: NDArray[np.int64], k: float) -> float:
    """Return where on the axis a k stands: between the places of its neighbours, in the logarithm."""
    return float(np.interp(np.log(max(k, 1)), np.log(ks), np.arange(len(ks))))


def place_p(ps: NDArray[np.float64], p: float) -> float:
    """Return where on the axis a p stands: between the places of its neighbours."""
    return float(np.interp(p, ps, np.arange(len(ps))))


def add_points(
    figure: go.Figure, ks: NDArray[np.int64], ps: NDArray[np.float64], points: Sequence[Point], palette: Palette
) -> None:
    """Draw the settings as numbered discs; those that would touch share one."""
    places: dict[tuple[float, float], list[Point]] = {}
    for point in points:
        x, y = place_k(ks, point.k), place_p(ps, point.p)
        near = next(
            (at for at in places if abs(at[0] - x) < _DISC * len(ks) and abs(at[1] - y) < _DISC * len(ps)), (x, y)
        )
        places.setdefault(near, []).append(point)
    chosen = [any(point.chosen for point in here) for here in places.values()]
    figure.add_scatter(
        name="settings",
        mode="markers+text",
        x=[x for x, _ in places],
        y=[y for _, y in places],
        text=[f"<b>{_numbers(here)}</b>" for here in places.values()],
        customdata=[
            "<br>".join(f"{point.number} · {escape(point.name)}" for point in here) for here in places.values()
        ],
        hovertemplate="%{customdata}<extra></extra>",
        textfont={"size": 16, "color": [palette.paper if one else palette.text for one in chosen]},
        marker={
            "size": [28 + 12 * (len(here) > 1) for here in places.values()],
            "color": [palette.accent if one else palette.paper for one in chosen],
            "line": {"width": 2.5, "color": palette.accent},
            "opacity": 1,
        },
        cliponaxis=False,
        showlegend=False,
    )


def _numbers(here: Sequence[Point]) -> str:
    """Return the numbers of a disc: two at most, more as the first and how many others."""
    numbers = [str(point.number) for point in here]
    return ",".join(numbers) if len(numbers) <= 2 else f"{numbers[0]} +{len(numbers) - 1}"


def framed(figure: go.Figure, ks: NDArray[np.int64], ps: NDArray[np.float64], palette: Palette) -> go.Figure:
    """Return `figure` with the axes of the plane of `ks` and `ps`."""
    style(figure, palette, height=HEIGHT)
    vocabulary = int(ks[-1])
    shown = [*(k for k in TICKS_K if k < vocabulary / 2), vocabulary]
    title = {"font": {"size": 16, "color": palette.muted}, "standoff": 6}
    figure.update_xaxes(
        tickvals=[place_k(ks, k) for k in shown],
        ticktext=["off" if k == vocabulary else f"{k:,}" if k < 1_000 else f"{k // 1_000}k" for k in shown],
        tickfont={"size": 15},
        tickangle=0,
        range=[-_ROOM, len(ks) + 0.5],
        title={"text": "top-k", **title},
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=[place_p(ps, p) for p in TICKS_P],
        ticktext=[*(f"{p:g}" for p in TICKS_P[:-1]), "off"],
        tickfont={"size": 15},
        range=[-0.5, len(ps) + 0.5],
        title={"text": "top-p", **title},
        fixedrange=True,
    )
    figure.update_layout(margin={"l": 56, "r": 24, "t": 24, "b": 48}, hovermode="closest")
    return figure
