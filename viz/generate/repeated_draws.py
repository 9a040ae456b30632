"""One step drawn many times: how often each word came, beside how often it should come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viz.base.axes import behind_bars, word_rows
from viz.base.figure import Figure, bar, scatter
from viz.base.text import escape
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

ROW = 32


def repeated_draws(
    labels: Sequence[str],
    counts: Sequence[int],
    expected: Sequence[float],
    margins: Sequence[float],
    *,
    drawn: int | None,
    palette: Palette,
) -> Figure:
    """Return bars of how often each word came, with a mark and a whisker for theory and its usual spread.

    `expected` is in draws, `margins` is twice the standard deviation. `drawn` is the row of the word that the text got.
    Traces: `count`, `expected`.
    """
    rows = list(range(len(labels)))
    figure = Figure()
    figure.add(
        bar(
            name="count",
            orientation="h",
            x=list(counts),
            y=rows,
            marker={"color": [palette.accent if row == drawn else ramp_colour(palette, 0.5) for row in rows]},
            customdata=[escape(label) for label in labels],
            hovertemplate="“%{customdata}” came %{x} times<extra></extra>",
            showlegend=False,
        )
    )
    figure.add(
        scatter(
            name="expected",
            mode="markers",
            x=list(expected),
            y=rows,
            error_x={"array": list(margins), "color": palette.text, "thickness": 2, "width": 6},
            marker={"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": palette.text}},
            hovertemplate="theory: %{x:.1f} times<extra></extra>",
            showlegend=False,
        )
    )
    ends = [max(count, e + m) for count, e, m in zip(counts, expected, margins, strict=True)]
    figure.add(behind_bars(ends, [f"  {count}" for count in counts], size=15, colour=palette.text))
    _frame(figure, labels, max([*ends, 1]), palette)
    return figure


def _frame(figure: Figure, labels: Sequence[str], most: float, palette: Palette) -> None:
    """Give the figure its size and its axes: a row per word, bars as far as `most`."""
    style(figure, palette, height=ROW * max(len(labels), 1) + 12)
    figure.update_layout(bargap=0.3, margin={"l": 4, "r": 4, "t": 4, "b": 4})
    figure.update_xaxes(range=[0, most * 1.15], visible=False, fixedrange=True)
    figure.update_yaxes(**word_rows([escape(label) for label in labels], palette, size=17))
