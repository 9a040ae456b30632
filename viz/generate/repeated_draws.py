"""One step drawn many times: how often each word came, beside how often it should come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viz.base.axes import KEY_HEIGHT, key_above, word_rows
from viz.base.figure import Figure, Trace, bar, scatter
from viz.base.text import escape
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

ROW = 24


def repeated_draws(
    labels: Sequence[str],
    counts: Sequence[int],
    expected: Sequence[float],
    margins: Sequence[float],
    *,
    drawn: int | None,
    palette: Palette,
) -> Figure:
    """Return bars of how often each word came, its count behind its name, with a mark and a whisker for what is expected.

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
    figure.add(_expected(expected, margins, palette))
    most = max([*counts, *(e + m for e, m in zip(expected, margins, strict=True)), 1])
    # Behind a whisker a count would read as where the whisker ends.
    names = [f"{escape(label)}  <b>{count}</b>" for label, count in zip(labels, counts, strict=True)]
    _frame(figure, names, most, palette)
    figure.add_annotation(**key_above(_key(palette, drawn=drawn is not None), palette))
    return figure


def _expected(expected: Sequence[float], margins: Sequence[float], palette: Palette) -> Trace:
    """Return the marks of what is expected in each row, with their whiskers."""
    return scatter(
        name="expected",
        mode="markers",
        x=list(expected),
        y=list(range(len(expected))),
        error_x={"array": list(margins), "color": palette.text, "thickness": 2, "width": 6},
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": palette.text}},
        hovertemplate="expected: %{x:.1f} times<extra></extra>",
        showlegend=False,
    )


def _key(palette: Palette, *, drawn: bool) -> list[tuple[str, str, str]]:
    """Return colour, sign and name of what the picture has."""
    own = [(palette.accent, "■", "the text's own token")] if drawn else []
    return [(ramp_colour(palette, 0.5), "■", "came"), *own, (palette.text, "├|┤", "expected")]


def _frame(figure: Figure, names: Sequence[str], most: float, palette: Palette) -> None:
    """Give the figure its size and its axes: a row per word, bars as far as `most`."""
    style(figure, palette, height=ROW * max(len(names), 1) + KEY_HEIGHT + 56)
    figure.update_layout(bargap=0.3, margin={"l": 4, "r": 12, "t": KEY_HEIGHT + 4, "b": 52})
    figure.update_xaxes(
        title={"text": "times drawn", "font": {"size": 15, "color": palette.muted}, "standoff": 6},
        range=[0, most * 1.03],
        tickfont={"size": 15},
        nticks=6,
        fixedrange=True,
    )
    figure.update_yaxes(**word_rows(names, palette, size=17), ticklabelstandoff=5)
