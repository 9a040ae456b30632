"""The probabilities of all tokens over their ranks, and where each filter cuts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import legend_height
from viz.base.figure import Figure, Trace, scatter
from viz.base.text import escape
from viz.base.theme import ramp_colour, style
from viz.generate.filters import dash_of, hatch_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

# Powers of ten between the names of two lines, and from the last of them down to the 100 % line.
_NAME, _OFF = 1.1, 0.6

_TICKS = {1.0: "100 %", 1e-2: "1 %", 1e-4: "0.01 %", 1e-6: "0.0001 %", 1e-8: "0.000001 %"}


def rank_curve(
    ranks: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    by: Sequence[str],
    labels: Sequence[str],
    *,
    filters: Sequence[str],
    left: Mapping[str, int],
    drawn: int,
    palette: Palette,
    banning: Sequence[str] = (),
) -> Figure:
    """Return the probabilities of all tokens over their ranks, both axes logarithmic, with a line where each filter cuts.

    `by[n]` names the filter that cut each rank, empty where it is kept, `left` how many tokens each filter left; `filters`
    are all that there are; `drawn` is the drawn token's rank. Those that are `banning` cut single tokens here and there:
    marks, no stretches. Traces: `kept`, `cut by FILTER`, `banned by FILTER`, `drawn`; of one that holds several stretches
    of ranks there are several.
    """
    single, by = list(by), _without(by, banning)
    stretches = _stretches(by)
    figure = Figure(
        _curve(ranks[at], probabilities[at], labels[at], name=f"cut by {kind}" if kind else "kept", look=look)
        for kind, at, look in _looks(stretches, filters, palette)
    )
    for kind in banning:
        places = [place for place, name in enumerate(single) if name == kind]
        if places:
            named = [labels[place] for place in places]
            figure.add(_banned(kind, ranks[places], probabilities[places], named, palette))
    figure.add(
        scatter(
            name="drawn",
            mode="markers",
            x=[drawn],
            y=[float(np.interp(drawn, ranks, probabilities))],
            marker={"size": 14, "color": palette.accent, "line": {"width": 2, "color": palette.paper}},
            hovertemplate="drawn: rank %{x:,}<extra></extra>",
        )
    )
    top = 1 + _NAME * max(len({kind for kind, _ in stretches if kind}) - 1, 0)
    _cut_lines(figure, ranks, stretches, left, palette)
    _log_axes(figure, int(ranks[-1]), max(float(probabilities[probabilities > 0].min()), 1e-12), top, palette)
    _make_room(figure, [*dict.fromkeys([*by, *single]), "drawn"])
    return figure


def _looks(
    stretches: Sequence[tuple[str, slice]], filters: Sequence[str], palette: Palette
) -> Iterator[tuple[str, slice, dict[str, Any]]]:
    """Yield each stretch of ranks with what cut it and how it looks; those of one kind are one entry of the legend."""
    for kind in dict.fromkeys(kind for kind, _ in stretches):
        of_kind = [at for name, at in stretches if name == kind]
        for number, at in enumerate(of_kind):
            legend = {"legendgroup": kind or "kept", "showlegend": not number} if len(of_kind) > 1 else {}
            yield kind, at, _look(kind, filters, palette) | legend


def _without(by: Sequence[str], banning: Sequence[str]) -> list[str]:
    """Return what cut each rank, with what banned single ones taken for whatever was done to their neighbours."""
    last = next((kind for kind in by if kind not in banning), "")
    found = []
    for kind in by:
        last = last if kind in banning else kind
        found.append(last)
    return found


def _banned(
    kind: str,
    ranks: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    labels: Sequence[str],
    palette: Palette,
) -> Trace:
    """Return the tokens that one processor banned, as marks on the curve."""
    return scatter(
        name=f"banned by {kind}",
        mode="markers",
        x=ranks,
        y=probabilities,
        customdata=[escape(label) for label in labels],
        marker={"symbol": "x", "size": 10, "color": palette.causes["hand"].mark},
        hovertemplate=f"rank %{{x:,}}: “%{{customdata}}” banned by {kind}<extra></extra>",
    )


def _look(kind: str, filters: Sequence[str], palette: Palette) -> dict[str, Any]:
    """Return how ranks look that the filter `kind` cut, or that were kept (empty)."""
    if not kind:
        return {"line": {"width": 4, "color": ramp_colour(palette, 0.62)}, "fillcolor": palette.pale}
    mark = palette.causes["causal"].mark
    # Told apart without colour, by dash and hatch: those that the other pictures of a step give this filter.
    return {
        "line": {"width": 4, "color": palette.muted, "dash": dash_of(kind, filters)},
        "fillcolor": palette.surface,
        "fillpattern": {"shape": hatch_of(kind, filters), "fgcolor": mark, "solidity": 0.15},
    }


def _curve(
    ranks: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    labels: Sequence[str],
    *,
    name: str,
    look: dict[str, Any],
) -> Trace:
    """Return the probabilities of one stretch of ranks."""
    return scatter(
        name=name,
        mode="lines",
        x=ranks,
        y=probabilities,
        customdata=[escape(label) for label in labels],
        fill="tozeroy",
        hovertemplate="rank %{x:,}: “%{customdata}”<br>%{y:.3%} of the probability<extra></extra>",
        **look,
    )


def _stretches(by: Sequence[str]) -> list[tuple[str, slice]]:
    """Return the stretches of places that one filter cut, or that were kept (empty), in their order."""
    found, start = [], 0
    for kind, run in groupby(by):
        stop = start + len(list(run))
        found.append((kind, slice(start, stop)))
        start = stop
    return found


def _log_axes(figure: Figure, last: int, low: float, top: float, palette: Palette) -> None:
    """Give the figure its logarithmic axes: ranks up to `last`, probabilities from `low` to ten to the power of `top`."""
    style(figure, palette, height=380)
    shared = {"type": "log", "showgrid": True, "gridcolor": palette.line, "fixedrange": True, "tickfont": {"size": 15}}
    figure.update_xaxes(**shared, range=[-0.05, float(np.log10(last)) + 0.05], dtick=1, tickformat=",d")
    figure.update_xaxes(
        title={
            "text": "rank, likeliest first (both axes are logarithmic)",
            "font": {"size": 15, "color": palette.muted},
        }
    )
    figure.update_yaxes(
        **shared,
        automargin=True,
        range=[float(np.log10(low)), top],
        tickvals=list(_TICKS),
        ticktext=list(_TICKS.values()),
    )
    figure.update_layout(
        showlegend=True,
        margin={"l": 8, "r": 12, "t": 34, "b": 66},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )


def _make_room(figure: Figure, names: Sequence[str]) -> None:
    """Give the legend its rows below the axes, and the figure the height for them: `names` stand behind `cut by` in it."""
    below = 66 + legend_height(f"cut by {name}" for name in names)
    figure.update_layout(height=270 + below, margin={"b": below})


def _cut_lines(
    figure: Figure,
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
        figure.add(
            scatter(
                mode="lines+text",
                x=[border, border],
                y=[1e-12, 10 ** (_OFF + _NAME * (len(last) - 1 - list(last).index(kind)))],
                text=["", f" {kind}: {left[kind]:,} left" if labelled else ""],
                textposition="middle right" if border < 2_000 else "middle left",
                textfont={"size": 15, "color": palette.accent},
                line={"width": 2, "dash": "dash", "color": palette.accent},
                hoverinfo="skip",
                showlegend=False,
            )
        )
