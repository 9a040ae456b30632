"""What the filters of one step remove and leave: the sampler as a waterfall, and the cuts over all ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from viz.base.text import escape
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

ROW = 74  # px per bar
_HATCHES = ("/", "x", ".", "\\", "+", "-", "|")  # of what each filter removed, by its place among all
_SHADES = (0.72, 0.6, 0.5, 0.42, 0.34, 0.2)  # places on the ramp of the named words, the last of all others
_LETTER = 0.026  # share of the bar that a letter of a name takes; a name that does not fit is left to the hover
_CHANCES = {1.0: "100 %", 1e-2: "1 %", 1e-4: "0.01 %", 1e-6: "10⁻⁴ %", 1e-8: "10⁻⁶ %", 1e-10: "10⁻⁸ %"}


@dataclass(frozen=True, kw_only=True)
class WaterfallBar:
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


def waterfall(
    stages: Sequence[WaterfallBar], names: Sequence[str], *, filters: Sequence[str], drawn: int | None, palette: Palette
) -> go.Figure:
    """Return one stacked bar per stage, each as wide as all probabilities; what a filter removed stays in place, hatched.

    `names` are the words that have a part of their own, `drawn` the place of the drawn one among them; `filters` are all
    that there are. Traces: `word 0`
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
        shares = [stage.gone.get(by, 0.0) for stage in stages]
        _removed(figure, rows, shares, by, _hatch(by, filters), palette)
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


def _hatch(by: str, filters: Sequence[str]) -> str:
    """Return the hatch of what a filter removed; greedy, which is none of `filters`, has no other beside it."""
    return _HATCHES[filters.index(by) % len(_HATCHES)] if by in filters else _HATCHES[0]


def _removed(figure: go.Figure, rows: list[int], shares: list[float], by: str, hatch: str, palette: Palette) -> None:
    mark = palette.causes["causal"].mark
    figure.add_bar(
        name=f"cut by {by}",
        orientation="h",
        x=shares,
        y=rows,
        width=0.46,
        marker={
            "color": palette.surface,
            "pattern": {"shape": hatch, "fgcolor": mark, "solidity": 0.15, "size": 9},
            "line": {"width": 1, "color": mark},
        },
        hovertemplate=f"cut by {by}: %{{x:.2%}} of the chances<extra></extra>",
    )


def _titles(figure: go.Figure, stages: Sequence[WaterfallBar], palette: Palette) -> None:
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
    filters: Sequence[str],
    left: Mapping[str, int],
    drawn: int,
    palette: Palette,
) -> go.Figure:
    """Return the probabilities of all tokens over their ranks, both axes logarithmic, with a line where each filter cuts.

    `by[n]` names the filter that cut each rank, empty where it is kept, `left` how many tokens each filter left; `filters`
    are all that there are; `drawn` is the drawn token's rank. Traces: `kept`, `cut by FILTER`, `drawn`; of one that holds
    several stretches of ranks there are several.
    """
    figure = go.Figure()
    stretches = _stretches(by)
    for kind in dict.fromkeys(by):
        of_kind = [stretch for name, stretch in stretches if name == kind]
        for number, at in enumerate(of_kind):
            figure.add_scatter(
                name=f"cut by {kind}" if kind else "kept",
                mode="lines",
                x=ranks[at],
                y=probabilities[at],
                customdata=[escape(label) for label in labels[at]],
                line={"width": 4, "color": palette.causes["causal"].mark if kind else ramp_colour(palette, 0.62)},
                fill="tozeroy",
                fillcolor=palette.surface if kind else palette.pale,
                fillpattern={
                    "shape": _hatch(kind, filters),
                    "fgcolor": palette.causes["causal"].mark,
                    "solidity": 0.08,
                }
                if kind
                else {},
                hovertemplate="number %{x:,}: “%{customdata}”<br>%{y:.3%} of the chances<extra></extra>",
                **({"legendgroup": kind or "kept", "showlegend": not number} if len(of_kind) > 1 else {}),
            )
    figure.add_scatter(
        name="drawn",
        mode="markers",
        x=[drawn],
        y=[float(np.interp(drawn, ranks, probabilities))],
        marker={"size": 14, "color": palette.accent, "line": {"width": 2, "color": palette.paper}},
        hovertemplate="drawn: number %{x:,}<extra></extra>",
    )
    _cut_lines(figure, ranks, stretches, left, palette)
    _log_axes(figure, int(ranks[-1]), max(float(probabilities[probabilities > 0].min()), 1e-12), palette)
    return figure


def _stretches(by: Sequence[str]) -> list[tuple[str, slice]]:
    """Return the stretches of places that one filter cut, or that were kept (empty), in their order."""
    found, start = [], 0
    for kind, run in groupby(by):
        stop = start + len(list(run))
        found.append((kind, slice(start, stop)))
        start = stop
    return found


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


def _cut_lines(
    figure: go.Figure,
    ranks: NDArray[np.int64],
    stretches: Sequence[tuple[str, slice]],
    left: Mapping[str, int],
    palette: Palette,
) -> None:
    """Draw a line where each stretch that a filter cut begins, at the last one its name and how many tokens it left.

    A stretch that begins with the likeliest token has its line at its end.
    """
    last = {kind: at for kind, at in stretches if kind}
    for kind, at in stretches:
        if not kind:
            continue
        border = float(ranks[at.start]) - 0.5 if at.start else float(ranks[at.stop - 1]) + 0.5
        labelled = last[kind] == at
        figure.add_scatter(
            mode="lines+text",
            x=[border, border],
            y=[1e-12, 4 / 5 ** list(last).index(kind)],
            text=["", f" {kind}: {left[kind]:,} left" if labelled else ""],
            textposition="middle right" if border < 2_000 else "middle left",
            textfont={"size": 15, "color": palette.accent},
            line={"width": 2, "dash": "dash", "color": palette.accent},
            hoverinfo="skip",
            showlegend=False,
        )
