"""How long two ways take, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viz.base.axes import behind_bars, word_rows
from viz.base.figure import Figure, bar, scatter
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette


def two_ways(batch: Sequence[float], alone: Sequence[float], *, palette: Palette) -> Figure:
    """Return the seconds of each round of both ways as dots, their medians as bars. Traces: `median`, `round`."""
    figure = Figure()
    found = (sorted(alone), sorted(batch))
    medians = [(times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2 for times in found]
    figure.add(
        bar(
            name="median",
            orientation="h",
            x=medians,
            y=[0, 1],
            width=0.55,
            marker={"color": [palette.pale, ramp_colour(palette, 0.5)]},
            hovertemplate="median %{x:.3f} s<extra></extra>",
            showlegend=False,
        )
    )
    figure.add(
        scatter(
            name="round",
            mode="markers",
            x=[*alone, *batch],
            y=[*(0.0 for _ in alone), *(1.0 for _ in batch)],
            marker={"size": 13, "color": palette.accent, "opacity": 0.75, "line": {"width": 1, "color": palette.paper}},
            hovertemplate="one round: %{x:.3f} s<extra></extra>",
            showlegend=False,
        )
    )
    ends = [max(times) for times in found]
    texts = [f"   {seconds:.2f} s" for seconds in medians]
    figure.add(behind_bars(ends, texts, size=19, colour=palette.text))
    _frame(figure, max(ends), palette)
    return figure


def _frame(figure: Figure, most: float, palette: Palette) -> None:
    """Give the figure its size and its axes: a row per way, seconds as far as `most`."""
    style(figure, palette, height=170)
    figure.update_xaxes(
        range=[0, most * 1.25],
        showgrid=True,
        gridcolor=palette.line,
        ticksuffix=" s",
        nticks=6,
        tickfont={"size": 15},
        fixedrange=True,
    )
    figure.update_yaxes(**word_rows(["one after another ", "one batch "], palette, size=18, ends=(0.5, 0.5)))
