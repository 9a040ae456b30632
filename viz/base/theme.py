"""One meaning, one colour, on every page: the palettes, what blocked cells look like, which number has which colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from viz.base.figure import Figure
from viz.base.sizes import BODY, SCREEN, Sizes

Mode = Literal["light", "dark"]

FONT = '"Source Sans", "Source Sans Pro", sans-serif'
CODE_FONT = '"Source Code Pro", "Source Code", monospace'

# Smallest text in a figure near by, in px; tokens and numbers grow from here where there is room.
MIN_FONT = SCREEN.least
MAX_FONT = SCREEN.most


@dataclass(frozen=True, kw_only=True)
class CauseStyle:
    """How cells blocked for one cause look: a tint, and a mark that survives greyscale (3:1 on the tint or more).

    `label` names the cause in a legend, `reason` ends the sentence `… may not read …: …`.
    """

    label: str
    reason: str
    tint: str
    mark: str
    pattern: str
    solidity: float


# What each cause is called and how it is hatched, in either mode: label, reason, pattern, solidity.
_CAUSES = {
    "padding": ("blocked: padding", "it is padding", "/", 0.1),
    "hand": ("blocked: by hand", "it is hidden by hand", "x", 0.14),
    "pattern": ("blocked: pattern", "the pattern leaves it out", "|", 0.16),
    "causal": ("blocked: comes later", "it comes later", ".", 0.05),
}


def _causes(**colours: tuple[str, str]) -> dict[str, CauseStyle]:
    """Return the looks of all causes from (tint, mark) of each."""
    return {
        cause: CauseStyle(
            label=label,
            reason=reason,
            tint=colours[cause][0],
            mark=colours[cause][1],
            pattern=pattern,
            solidity=solidity,
        )
        for cause, (label, reason, pattern, solidity) in _CAUSES.items()
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class Palette:
    """The colours of one mode, and the sizes that go with them: those of a screen near by, or of a hall.

    `ramp` is perceptually even (equal steps of OKLCH lightness), weight 0 to 1.
    """

    paper: str
    text: str
    muted: str
    line: str
    surface: str
    accent: str
    pale: str
    ramp: tuple[str, ...]
    causes: dict[str, CauseStyle]
    sizes: Sizes = SCREEN


LIGHT = Palette(
    paper="#ffffff",
    text="#191b22",
    muted="#585d6b",
    line="#d5d8e0",
    surface="#f4f5f8",
    accent="#b3400a",
    pale="#c9cbe8",
    ramp=("#f2f2fe", "#d0d1fe", "#b0b1fa", "#9190f4", "#746eec", "#5a4ed6", "#4331b8", "#2e089a", "#1b006a"),
    causes=_causes(
        padding=("#fdf3e3", "#9a5b00"),
        hand=("#fde8ec", "#b3123f"),
        pattern=("#e4f3ee", "#0a6b50"),
        causal=("#eeeff2", "#7a7f8c"),
    ),
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
    causes=_causes(
        padding=("#2a2012", "#d99a3c"),
        hand=("#32141d", "#ff7592"),
        pattern=("#10291f", "#4fc79d"),
        causal=("#1d2028", "#7f8698"),
    ),
)
PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}

WEIGHT_TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Which number has which colour: `colours` are (share of the way from `low` to `high`, colour), as plotly takes them."""

    colours: Sequence[tuple[float, str]]
    low: float = 0.0
    high: float = 1.0

    def heatmap(self) -> dict[str, Any]:
        """Return the attributes of a heatmap that is coloured so; what explains the colours is drawn apart."""
        return {"zmin": self.low, "zmax": self.high, "colorscale": list(self.colours), "showscale": False}

    def colour(self, value: float) -> str:
        """Return the colour of `value` as `rgb(...)`, mixed as plotly does it."""
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        right = next(i for i, (place, _) in enumerate(self.colours) if i and place >= share)
        (start, a), (end, b) = self.colours[right - 1], self.colours[right]
        return _mixed(a, b, (share - start) / (end - start))


def weight_scale(palette: Palette, top: float = 1.0, steps: int = 33) -> Scale:
    """Return the scale of attention weights from 0 to `top`: colour follows the square root of the weight.

    A linear scale leaves most heads blank beside a first token that draws nearly all the weight.
    """
    shares = [i / (steps - 1) for i in range(steps)]
    return Scale(colours=[(share**2, ramp_colour(palette, share)) for share in shares], high=top)


def signed_scale(palette: Palette, most: float) -> Scale:
    """Return the scale of numbers from -`most` to `most`: grey below zero, paper at zero, blue above."""
    return Scale(colours=[(0.0, palette.muted), (0.5, palette.paper), (1.0, palette.ramp[5])], low=-most, high=most)


def even_ramp(palette: Palette, steps: int = 17) -> list[tuple[float, str]]:
    """Return the ramp as the colours of a scale on which equal steps are equal steps of lightness."""
    return [(i / (steps - 1), ramp_colour(palette, i / (steps - 1))) for i in range(steps)]


@lru_cache(maxsize=4096)
def ramp_colour(palette: Palette, share: float) -> str:
    """Return the colour at `share` in [0, 1] of the ramp as `rgb(...)`, interpolated between its anchors."""
    at = min(max(share, 0.0), 1.0) * (len(palette.ramp) - 1)
    low = min(int(at), len(palette.ramp) - 2)
    return _mixed(palette.ramp[low], palette.ramp[low + 1], at - low)


def weight_colour(palette: Palette, weight: float) -> str:
    """Return the colour of a weight in [0, 1] on the scale of weights."""
    return ramp_colour(palette, max(weight, 0.0) ** 0.5)


def sign_colours(values: Iterable[float], palette: Palette) -> list[str]:
    """Return the colour of a bar for each of `values`, by its sign."""
    return [palette.muted if value < 0 else palette.ramp[4] for value in values]


def ink(ground: str) -> str:
    """Return black or white, whichever has more contrast with the colour `ground`: at least 4.5:1 on any."""
    return "#000000" if (luminance(ground) + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` or `rgb(r, g, b)` (WCAG 2.2)."""
    shares = [channel / 255 for channel in _channels(colour)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(a: str, b: str, share: float) -> str:
    """Return the colour at `share` of the way from `a` to `b`."""
    channels = (round(x + (y - x) * share) for x, y in zip(_channels(a), _channels(b), strict=True))
    return "rgb({}, {}, {})".format(*channels)


def _channels(colour: str) -> tuple[int, ...]:
    if colour.startswith("rgb("):
        return tuple(int(part) for part in colour[4:-1].split(","))
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def style(figure: Figure, palette: Palette, *, height: int) -> Figure:
    """Return `figure` with the house layout: our colours and type, no grid, `height` in px, the sizes of the palette."""
    figure.sizes = palette.sizes
    figure.update_layout(
        height=height,
        paper_bgcolor=palette.paper,
        plot_bgcolor=palette.paper,
        font={"family": FONT, "size": BODY, "color": palette.text},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hoverlabel={
            "bgcolor": palette.surface,
            "bordercolor": palette.line,
            "font": {"color": palette.text, "size": BODY},
        },
        legend={"orientation": "h", "yanchor": "top", "y": -0.02, "xanchor": "left", "x": 0},
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, showline=False, ticks="", automargin=True)
    figure.update_yaxes(showgrid=False, zeroline=False, showline=False, ticks="", automargin=True)
    return figure
