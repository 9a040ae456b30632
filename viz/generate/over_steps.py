"""How uncertain each step of a text was, and how many tokens its filters left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from viz.base.axes import legend_above
from viz.base.figure import Figure, scatter
from viz.base.panels import counted, one_above_other
from viz.base.text import escape
from viz.base.theme import ramp_colour, style
from viz.generate.filters import dash_of

if TYPE_CHECKING:
    from viz.base.theme import Palette


MOST_TICKED = 200  # tokens left, up to which there is room for ticks at 2 and 5 too


def over_steps(
    words: Sequence[str],
    *,
    before: Sequence[float],
    after: Sequence[float],
    kept: dict[str, Sequence[int]],
    filters: Sequence[str],
    chosen: int,
    palette: Palette,
) -> Figure:
    """Return two panels over the steps: entropy in bits before and after the filters, and tokens left by each filter.

    `kept` gives for each filter how many tokens it left at each step; `filters` are all that there are. `chosen` is the step
    in view, from 0. Traces: `before`, `after`, and `left by FILTER`.
    """
    figure = Figure()
    steps = list(range(1, len(words) + 1))
    names = [escape(word) for word in words]
    for name, values, colour, dash in (
        ("before", before, palette.muted, "dot"),
        ("after", after, ramp_colour(palette, 0.62), "solid"),
    ):
        _line(figure, steps, values, f"{name} the filters", name, "y", colour, dash, names, "%{y:.2f} bits")
    colours = cycle((palette.text, palette.accent, palette.muted))  # none of the panel above
    for (name, counts), colour in zip(kept.items(), colours, strict=False):
        dash, title = dash_of(name, filters), f"left by {name}"
        _line(figure, steps, counts, title, title, "y2", colour, dash, names, "%{y:,} tokens")
    _mark(figure, chosen, palette)
    style(figure, palette, height=310)
    bits = {"domain": [0.56, 1], "rangemode": "tozero", "nticks": 5}
    left = {"domain": [0, 0.42], "type": "log", "tickvals": _ticks(kept), "tickformat": ",d"}
    one_above_other(
        figure,
        palette,
        across=counted("step", 1, max(len(words), 1), palette, pad=(0.5, 0.5)),
        upper=("uncertainty in bits", bits),
        lower=("tokens left", left),
    )
    figure.update_layout(margin={"l": 56, "r": 12, "t": 28, "b": 44}, hovermode="closest")
    # Above: below, a screen would cut it off.
    figure.update_layout(legend={"yref": "container", "y": 1, "yanchor": "top"})
    legend_above(figure, [trace.name for trace in figure.data])
    return figure


def _ticks(kept: dict[str, Sequence[int]]) -> list[int]:
    """Return the ticks of an axis of counts."""
    most = max((count for counts in kept.values() for count in counts), default=1)
    between = (1, 2, 5) if most <= MOST_TICKED else (1,)
    return [digit * 10**power for power in range(6) for digit in between]


def _mark(figure: Figure, chosen: int, palette: Palette) -> None:
    """Mark the step in view in both panels."""
    for axis in ("y", "y2"):
        figure.add_shape(
            type="line",
            x0=chosen + 1,
            x1=chosen + 1,
            y0=0,
            y1=1,
            yref=f"{axis} domain",
            line={"color": palette.accent, "width": 2, "dash": "dot"},
            layer="below",
        )


def _line(
    figure: Figure,
    steps: list[int],
    values: Sequence[float],
    title: str,
    name: str,
    axis: str,
    colour: str,
    dash: str,
    names: list[str],
    unit: str,
) -> None:
    figure.add(
        scatter(
            x=steps,
            y=list(values),
            yaxis=axis,
            name=title,
            meta=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 3},
            marker={"size": 7},
            customdata=names,
            hovertemplate=f"step %{{x}}, “%{{customdata}}”<br>{title}: {unit}<extra></extra>",
        )
    )
