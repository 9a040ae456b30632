"""Answers side by side: the next words of several runs, each with its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from viz.theme import CODE_FONT, Palette, style
from viz.words import percent, plain

Verdict = Literal["reference", "same", "different"]

# Sizes in px: the title of a row of panels, a panel's title, its verdict, one word's line, the gap below.
TITLE, HEAD, NOTE, LINE, GAP = 36, 30, 24, 29, 18
PANEL = 216
FEWEST_COLUMNS = 3
WORD_FONT = 18


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One answer: `title`, a line that says how it compares, and its `words` as (label, chance), likeliest first."""

    title: str
    note: str
    words: Sequence[tuple[str, float]]
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class PanelRow:
    """A row of panels under one title."""

    title: str
    panels: Sequence[Panel]


def width(rows: Sequence[PanelRow]) -> int:
    """Return the px that the panels need at least; a narrower screen scrolls."""
    return PANEL * max(len(row.panels) for row in rows)


def answers_figure(rows: Sequence[PanelRow], *, palette: Palette) -> go.Figure:
    """Return the panels in a grid. Trace `chance` has one bar per word, customdata (row, column, rank, chance).

    A ✓ stands before what is the same answer, a ✗ before another one, whose panel is outlined; words that differ from the
    row's first panel in place are bold.
    """
    figure = go.Figure()
    columns = max(FEWEST_COLUMNS, *(len(row.panels) for row in rows))
    bars: list[dict[str, Any]] = []
    top = 0
    for index, row in enumerate(rows):
        if row.title:
            font = {"size": 19, "color": palette.text}
            _text(figure, f"<b>{plain(row.title)}</b>", 0, top + TITLE / 2, font)
            top += TITLE
        head = HEAD + (NOTE if any(panel.note for panel in row.panels) else 0)
        for column, panel in enumerate(row.panels):
            bars += _bars(panel, index, column, top + head)
            _panel(figure, panel, column, top, head, row.panels[0], palette)
        top += head + LINE * max(len(panel.words) for panel in row.panels) + GAP
    figure.add_trace(_chances(bars, palette))
    style(figure, palette, height=top + 8)
    figure.update_layout(margin={"t": 4, "b": 4, "l": 4, "r": 4}, showlegend=False)
    figure.update_xaxes(range=[-0.02, columns], visible=False, fixedrange=True)
    figure.update_yaxes(range=[top, 0], visible=False, fixedrange=True)
    return figure


def _bars(panel: Panel, index: int, column: int, top: float) -> list[dict[str, Any]]:
    return [
        {
            "x": 0.9 * chance,
            "base": column,
            "y": top + LINE * (rank + 0.5),
            "customdata": (index, column, rank, chance),
            "text": plain(word),
        }
        for rank, (word, chance) in enumerate(panel.words)
    ]


def _chances(bars: Sequence[dict[str, Any]], palette: Palette) -> go.Bar:
    return go.Bar(
        name="chance",
        orientation="h",
        width=LINE - 6,
        marker={"color": palette.pale},
        textposition="none",
        hovertemplate="%{text}: %{customdata[3]:.2%} of the model’s chances<extra></extra>",
        **{key: [bar[key] for bar in bars] for key in ("x", "base", "y", "customdata", "text")},
    )


def _panel(
    figure: go.Figure, panel: Panel, column: int, top: float, head: float, first: Panel, palette: Palette
) -> None:
    """Write one panel: title, verdict, words and chances."""
    mark = {"reference": "", "same": "✓ ", "different": "✗ "}[panel.verdict]
    loud = panel.verdict == "different"
    _text(figure, plain(panel.title), column, top + 14, {"size": 16, "color": palette.text})
    colour = palette.text if loud else palette.muted
    note = f"{mark}{plain(panel.note)}"
    _text(figure, f"<b>{note}</b>" if loud else note, column, top + 38, {"size": 15, "color": colour})
    for rank, (word, chance) in enumerate(panel.words):
        y = top + head + LINE * (rank + 0.5)
        moved = loud and (rank >= len(first.words) or first.words[rank][0] != word)
        label = word if len(word) <= 13 else word[:12] + "…"
        text = f"<b>{plain(label)}</b>" if moved else plain(label)
        _text(figure, text, column, y, {"size": WORD_FONT, "color": palette.text, "family": CODE_FONT})
        font = {"size": 15, "color": palette.muted}
        _text(figure, percent(chance), column + 0.9, y, font, anchor="right")
    if loud:
        bottom = top + head + LINE * len(panel.words) + 4
        line = {"color": palette.text, "width": 2, "dash": "dot"}
        figure.add_shape(type="rect", x0=column - 0.015, x1=column + 0.93, y0=top + 1, y1=bottom, line=line)


def _text(
    figure: go.Figure, text: str, x: float, y: float, font: dict[str, Any], anchor: Literal["left", "right"] = "left"
) -> None:
    shift = 6 if anchor == "left" else 0
    figure.add_annotation(text=text, x=x, y=y, xanchor=anchor, xshift=shift, font=font, showarrow=False)
