"""One meaning, one colour, on every page: the palettes, the weight scale, the marks of blocked cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

Mode = Literal["light", "dark"]

FONT = '"Source Sans", "Source Sans Pro", sans-serif'
CODE_FONT = '"Source Code Pro", "Source Code", monospace'

# Smallest text in a figure, in px; tokens and numbers grow from here where there is room (last row of a classroom).
MIN_FONT = 12
MAX_FONT = 22


@dataclass(frozen=True, kw_only=True)
class CauseStyle:
    """How cells blocked for one cause look: a tint, and a mark that survives greyscale (3:1 on the tint or more)."""

    label: str
    tint: str
    mark: str
    pattern: str
    solidity: float


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of one mode. `ramp` is perceptually even (equal steps of OKLCH lightness), weight 0 to 1."""

    paper: str
    text: str
    muted: str
    line: str
    surface: str
    accent: str
    pale: str
    ramp: tuple[str, ...]
    causes: dict[str, CauseStyle]


LIGHT = Palette(
    paper="#ffffff",
    text="#191b22",
    muted="#585d6b",
    line="#d5d8e0",
    surface="#f4f5f8",
    accent="#b3400a",
    pale="#c9cbe8",
    ramp=("#f2f2fe", "#d0d1fe", "#b0b1fa", "#9190f4", "#746eec", "#5a4ed6", "#4331b8", "#2e089a", "#1b006a"),
    causes={
        "padding": CauseStyle(label="blocked: padding", tint="#fdf3e3", mark="#9a5b00", pattern="/", solidity=0.1),
        "hand": CauseStyle(label="blocked: by hand", tint="#fde8ec", mark="#b3123f", pattern="x", solidity=0.14),
        "pattern": CauseStyle(label="blocked: pattern", tint="#e4f3ee", mark="#0a6b50", pattern="|", solidity=0.16),
        "causal": CauseStyle(label="blocked: comes later", tint="#eeeff2", mark="#7a7f8c", pattern=".", solidity=0.05),
    },
)
DARK = Palette(
    paper="#101218",
    text="#eceef4",
    muted="#a9afbf",
    line="#373c4a",
    surface="#1a1d26",
    accent="#ff9a4d",
    pale="#3d4670",
    ramp=("#1c1d3f", "#293362", "#324b87", "#3466ae", "#3284d0", "#3aa3e9", "#4fc3ff", "#94defe", "#d7f4fe"),
    causes={
        "padding": CauseStyle(label="blocked: padding", tint="#2a2012", mark="#d99a3c", pattern="/", solidity=0.1),
        "hand": CauseStyle(label="blocked: by hand", tint="#32141d", mark="#ff7592", pattern="x", solidity=0.14),
        "pattern": CauseStyle(label="blocked: pattern", tint="#10291f", mark="#4fc79d", pattern="|", solidity=0.16),
        "causal": CauseStyle(label="blocked: comes later", tint="#1d2028", mark="#7f8698", pattern=".", solidity=0.05),
    },
)
PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}

WEIGHT_TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)


def weight_scale(palette: Palette, steps: int = 33) -> list[tuple[float, str]]:
    """Return the colour scale of attention weights: colour follows the square root of the weight, over 0 to 1.

    A linear scale leaves most heads blank beside a first token that draws nearly all the weight.
    """
    return [((i / (steps - 1)) ** 2, ramp_colour(palette, i / (steps - 1))) for i in range(steps)]


def ramp_colour(palette: Palette, share: float) -> str:
    """Return the colour at `share` in [0, 1] of the ramp as `rgb(...)`, interpolated between its anchors."""
    at = min(max(share, 0.0), 1.0) * (len(palette.ramp) - 1)
    low = min(int(at), len(palette.ramp) - 2)
    a, b = (_channels(palette.ramp[index]) for index in (low, low + 1))
    mixed = (round(x + (y - x) * (at - low)) for x, y in zip(a, b, strict=True))
    return "rgb({}, {}, {})".format(*mixed)


def ink(palette: Palette, weight: float) -> str:
    """Return black or white, whichever has more contrast with the cell of `weight`: at least 4.5:1 on any ground."""
    ground = luminance(ramp_colour(palette, weight**0.5))
    return "#000000" if (ground + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` or `rgb(r, g, b)` (WCAG 2.2)."""
    parts = (
        colour[4:-1].split(",") if colour.startswith("rgb") else [str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    )
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(p) / 255 for p in parts)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def style(figure: go.Figure, palette: Palette, *, height: int) -> go.Figure:
    """Return `figure` with the house layout: our colours and type, no grid, `height` in px."""
    figure.update_layout(
        height=height,
        paper_bgcolor=palette.paper,
        plot_bgcolor=palette.paper,
        font={"family": FONT, "size": 15, "color": palette.text},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hoverlabel={
            "bgcolor": palette.surface,
            "bordercolor": palette.line,
            "font": {"color": palette.text, "size": 15},
        },
        legend={"orientation": "h", "yanchor": "top", "y": -0.02, "xanchor": "left", "x": 0},
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, showline=False, ticks="", automargin=True)
    figure.update_yaxes(showgrid=False, zeroline=False, showline=False, ticks="", automargin=True)
    return figure
