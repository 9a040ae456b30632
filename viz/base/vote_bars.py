"""What a class chose: a bar for each choice, with the choice in it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from viz.base.figure import Figure, Trace, bar
from viz.base.text import escape
from viz.base.theme import Palette, style

# Characters of a line of a choice beside its number on the width of a phone, and its lines.
WIDTH, MOST_LINES = 39, 3
ROOM, LINE, FONT = 14, 20, 16  # px


def vote_bars(choices: Sequence[str], counts: Sequence[int], *, right: int | None, palette: Palette) -> Figure:
    """Return horizontal bars as long as `counts[n]` is of the largest, the first choice on top, trace `votes`.

    `right` is the place of the right answer, from 0, which is marked; None where there is none.
    """
    most = max([*counts, 1])
    rows = list(range(len(choices)))
    texts = [_wrapped(f"{'✓ ' if row == right else ''}{row + 1}  {choices[row]}") for row in rows]
    figure = Figure([_bars([most] * len(rows), "all", palette.surface), _bars(counts, "votes", palette.pale)])
    style(figure, palette, height=len(rows) * (ROOM + LINE * max(text.count("<br>") + 1 for text in texts)))
    figure.update_layout(barmode="overlay", showlegend=False, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(range=[0, most], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5], visible=False, fixedrange=True)
    for row, (text, count) in enumerate(zip(texts, counts, strict=True)):
        common = {"xref": "paper", "y": row, "showarrow": False, "font": {"size": FONT, "color": palette.text}}
        bold = f"<b>{text}</b>" if row == right else text
        figure.add_annotation(text=bold, x=0, xanchor="left", align="left", xshift=8, **common)
        figure.add_annotation(text=str(count), x=1, xanchor="right", xshift=-8, **common)
    return figure


def _bars(lengths: Sequence[int], name: str, colour: str) -> Trace:
    return bar(
        name=name,
        orientation="h",
        x=list(lengths),
        y=list(range(len(lengths))),
        width=0.86,
        marker={"color": colour},
        hoverinfo="skip",
    )


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(text, WIDTH, max_lines=MOST_LINES, placeholder=" …", break_long_words=True)
    return "<br>".join(map(escape, lines))
