"""What the filters of one step remove and leave: the sampler as a waterfall, and the cuts over all ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from viz.base.text import escape
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

ROW = 74  # px per stage
_LOOKS = {"top-k": "/", "top-p": "x", "min-p": ".", "greedy": "/"}  # the hatch of what each filter removed
_SHADES = (0.72, 0.6, 0.5, 0.42, 0.34, 0.2)  # places on the ramp of the named words, the last of all others
_LETTER = 0.026  # share of the bar that a letter of a name takes; a name that does not fit is left to the hover
_CHANCES = {1.0: "100 %", 1e-2: "1 %", 1e-4: "0.01 %", 1e-6: "10⁻⁴ %", 1e-8: "10⁻⁶ %", 1e-10: "10⁻⁸ %"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One bar: what is done, how many tokens are left, and the shares of the probabilities that lie where.

    `words` are shares of named tokens, likeliest first, `rest` that of all other kept ones, `gone` what each filter has
    removed so far. They add up to 1. `note` stands behind the count.
    """

    title: str
    count: int
    words: Sequence[float]
    rest: float
    gone: dict[str, float]
    note: str = ""


def waterfall(stages: Sequence[Stage], names: Sequence[str], *, drawn: int | None, palette: Palette) -> go.Figure:
    """Return one stacked bar per stage, each as wide as all probabilities; what a filter removed stays in place, hatched.

    `names` are the words that have a part of their own, `drawn` the place of the drawn one among them. Traces: `word 0`
    and so on, `rest`, and `cut by FILTER`, each with the shares as x.
    """
    figure = go.Figure()
    rows = list(range(len(stages)))
    for place, name in enumerate(names):
        colour = palette.accent if place == drawn else ramp_colour(palette, _SHADES[min(place, 4)])
        shares = [stage.words[place] for stage in stages]
        _part(figure, rows, shares, f"word {place}", escape(name), colour, palette)
    _part(figure, rows, [stage.rest for stage in stages], "rest", "others", ramp_colour(palette, _SHADES[-1]), palette)
    # The latest cut lies beside what is left: what an earlier filter removed is further out.
    for by in reversed(dict.fromkeys(by for stage in stages for by in stage.gone)):
        _removed(figure, rows, [stage.gone.get(by, 0.0) for stage in stages], by, palette)
    _titles(figure, stages, palette)
    style(figure, palette, height=ROW * len(stages) + 10)
    figure.update_layout(barmode="stack", bargap=0, showlegend=False, margin={"l": 2, "r": 2, "t": 4, "b": 4})
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(stages) - 0.55, -0.6], visible=False, fixedrange=True)
    return figure


def _part(
    figure: go.Figure, rows: list[int], shares: list[float], trace: str, name: str, colour: str, palette: Palette
) -> None:
    figure.add_bar(
        name=trace,
        orientation="h",
        x=shares,
        y=rows,
        width=0.46,
        marker={"color": colour, "line": {"width": 1, "color": palette.paper}},
        text=[name if share >= _LETTER * (len(name) + 0.5) else "" for share in shares],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"size": 15},
        constraintext="none",
        customdata=[name] * len(rows),
        hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
    )


def _removed(figure: go.Figure, rows: list[int], shares: list[float], by: str, palette: Palette) -> None:
    mark = palette.causes["causal"].mark
    figure.add_bar(
        name=f"cut by {by}",
        orientation="h",
        x=shares,
        y=rows,
        width=0.46,
        marker={
            "color": palette.surface,
            "pattern": {"shape": _LOOKS[by], "fgcolor": mark, "solidity": 0.15, "size": 9},
            "line": {"width": 1, "color": mark},
        },
        hovertemplate=f"cut by {by}: %{{x:.2%}} of the chances<extra></extra>",
    )


def _titles(figure: go.Figure, stages: Sequence[Stage], palette: Palette) -> None:
    """Write above each bar what is done, at its left, and what is left, at its right."""
    rows = [row - 0.39 for row in range(len(stages))]
    for x, place, texts, colour in (
        (0.0, "middle right", [f"<b>{escape(stage.title)}</b>" for stage in stages], palette.text),
        (1.0, "middle left", [f"{_tokens(stage.count)}{stage.note}" for stage in stages], palette.muted),
    ):
        figure.add_scatter(
            mode="text",
            x=[x] * len(rows),
            y=rows,
            text=texts,
            textposition=place,
            textfont={"size": 16, "color": colour},
            hoverinfo="skip",
            cliponaxis=False,
        )


def _tokens(count: int) -> str:
    return f"{count:,} token{'s' if count != 1 else ''}"


def ranks(
    ranks: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    by: Sequence[str],
    labels: Sequence[str],
    *,
    drawn: int,
    palette: Palette,
) -> go.Figure:
    """Return the probabilities of all tokens over their ranks, both axes logarithmic, with a line where each filter cuts.

    `by[n]` names the filter that cut each rank, empty where it is kept; `drawn` is the drawn token's rank. Traces:
    `kept`, `cut by FILTER`, `drawn`.
    """
    figure = go.Figure()
    kinds = list(dict.fromkeys(by))
    for kind in kinds:
        at = np.array([one == kind for one in by])
        figure.add_scatter(
            name=f"cut by {kind}" if kind else "kept",
            mode="lines",
            x=ranks[at],
            y=probabilities[at],
            customdata=[escape(label) for label, one in zip(labels, at, strict=True) if one],
            line={"width": 4, "color": palette.causes["causal"].mark if kind else ramp_colour(palette, 0.62)},
            fill="tozeroy",
            fillcolor=palette.surface if kind else palette.pale,
            fillpattern={"shape": _LOOKS[kind], "fgcolor": palette.causes["causal"].mark, "solidity": 0.08}
            if kind
            else {},
            hovertemplate="number %{x:,}: “%{customdata}”<br>%{y:.3%} of the chances<extra></extra>",
        )
    figure.add_scatter(
        name="drawn",
        mode="markers",
        x=[drawn],
        y=[float(np.interp(drawn, ranks, probabilities))],
        marker={"size": 14, "color": palette.accent, "line": {"width": 2, "color": palette.paper}},
        hovertemplate="drawn: number %{x:,}<extra></extra>",
    )
    _cut_lines(figure, ranks, by, palette)
    _log_axes(figure, int(ranks[-1]), max(float(probabilities[probabilities > 0].min()), 1e-12), palette)
    return figure


def _log_axes(figure: go.Figure, last: int, low: float, palette: Palette) -> None:
    """Give the figure its logarithmic axes: ranks up to `last`, probabilities down to `low`."""
    style(figure, palette, height=380)
    shared = {"type": "log", "showgrid": True, "gridcolor": palette.line, "fixedrange": True, "tickfont": {"size": 15}}
    figure.update_xaxes(**shared, range=[-0.05, float(np.log10(last)) + 0.05], dtick=1, tickformat=",d")
    figure.update_xaxes(title={"text": "rank, likeliest first", "font": {"size": 15, "color": palette.muted}})
    figure.update_yaxes(
        **shared, range=[float(np.log10(low)), 1.0], tickvals=list(_CHANCES), ticktext=list(_CHANCES.values())
    )
    figure.update_layout(showlegend=True, margin={"l": 60, "r": 12, "t": 34, "b": 60}, legend={"y": -0.24})


def _cut_lines(figure: go.Figure, ranks: NDArray[np.int64], by: Sequence[str], palette: Palette) -> None:
    """Draw a line at the first rank that each filter cut, with its name and how many ranks stand before it."""
    firsts = {kind: int(ranks[by.index(kind)]) for kind in dict.fromkeys(by) if kind}
    for n, (kind, first) in enumerate(firsts.items()):
        figure.add_scatter(
            mode="lines+text",
            x=[first - 0.5, first - 0.5],
            y=[1e-12, 4 / 5**n],
            text=["", f" {kind}: {first - 1:,} left"],
            textposition="middle right" if first < 2_000 else "middle left",
            textfont={"size": 15, "color": palette.accent},
            line={"width": 2, "dash": "dash", "color": palette.accent},
            hoverinfo="skip",
            showlegend=False,
        )
