"""Next words as a sorted list: a word, a bar, a percentage. Before a change is pale, after it solid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from formatting import percent
from viz.base.axes import FROM_LEFT, after_gap, word_rows
from viz.base.figure import Figure, Trace, bar
from viz.base.text import escape
from viz.base.theme import CODE_FONT, Palette, style

# A bar longer than this, in percent of the width, carries its number inside: on a phone there is no room behind it.
MOST_ROOM = 50
HEADING = 24  # px of the line above the bars


def word_bars(
    words: Sequence[str],
    probabilities: Sequence[float],
    *,
    before: Sequence[float] | None = None,
    last_rank: int = 0,
    compared: str = "before",
    palette: Palette,
    height: int = 320,
) -> Figure:
    """Return horizontal bars of next words, first on top, each with its probability of the model's in percent.

    `before`, where given, is drawn pale behind: trace `before`; the present probabilities are trace `now`, x in percent. The axis
    always runs from 0 to 100, so that a flat prediction looks flat. `last_rank`, from 1, names the rank of the last word where
    others are left out before it; `compared` is what the heading calls the pale bars.
    """
    bars = [] if before is None else [_bars("before", before, 0.78, palette.pale, f" {compared}")]
    bars.append(_bars("now", probabilities, 0.6 if before is None else 0.44, palette.ramp[5]))
    figure = Figure(bars)
    labels = [
        _label(row, probability, None if before is None else before[row], palette)
        for row, probability in enumerate(probabilities)
    ]
    style(figure, palette, height=height)
    figure.update_layout(
        barmode="overlay",
        showlegend=False,
        margin={"t": HEADING, "b": 4},
        annotations=[*labels, _heading(palette, None if before is None else compared)],
    )
    figure.update_xaxes(range=[0, 100], visible=False, fixedrange=True)
    names = [f"{escape(word)}  " for word in words]
    if last_rank > len(words):
        names[-1] += f"<br>{after_gap(last_rank, palette)} "  # below: in front, a phone has no room left for the bars
    figure.update_yaxes(**word_rows(names, palette, size=20, family=CODE_FONT, ends=(0.6, 0.4)))
    return figure


def _heading(palette: Palette, compared: str | None) -> dict[str, Any]:
    """Return the annotation that says what a bar is, and what the pale ones behind it are."""
    return {
        # Short enough for a phone.
        "text": f"probability now; pale: {compared}" if compared else "probability of the next word",
        **FROM_LEFT,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "font": {"size": 15, "color": palette.muted},
    }


def _bars(name: str, probabilities: Sequence[float], thick: float, colour: str, when: str = "") -> Trace:
    """Return one bar per row as long as its probability in percent; `when` ends its hover text."""
    return bar(
        x=[100 * probability for probability in probabilities],
        y=list(range(len(probabilities))),
        orientation="h",
        name=name,
        width=thick,
        marker={"color": colour},
        hovertext=[f"{percent(probability)}{when}" for probability in probabilities],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _label(row: int, probability: float, before: float | None, palette: Palette) -> dict[str, Any]:
    """Return the annotation with a row's percentage and what it was: behind its bars, or on them where they leave no room."""
    now, end = 100 * probability, 100 * max(probability, before or 0.0)
    inside, on_bar = now > MOST_ROOM, end > MOST_ROOM
    was = "" if before is None else f"was {percent(before)}"
    # Two lines are higher than a bar; behind one a phone would cut off a single line.
    return {
        "x": now if on_bar else end,  # over the pale bar, never half over the solid one
        "y": row,
        "text": (", " if on_bar else "<br>").join(filter(None, (percent(probability), was))),
        "align": "left",
        "showarrow": False,
        "xanchor": "right" if inside else "left",
        "xshift": -8 if inside else 8,
        "font": {"size": 20 if before is None else 17, "color": palette.paper if inside else palette.text},
    }
