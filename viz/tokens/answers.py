"""Answers side by side: the next words of several runs, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from formatting import percent
from viz.base.figure import Figure, Trace, bar, scatter
from viz.base.text import escape
from viz.base.theme import CODE_FONT, FONT, Palette, style

Agreement = Literal["reference", "same", "different"]

# Sizes in px: the title of a row of panels, a panel's title, a line of its note, one word's line, the gap below.
TITLE, HEAD, NOTE, LINE, GAP = 36, 30, 21, 29, 18
PANEL = 216
# Below its word lies its bar: how thick, and how far below the middle of the line.
BAR, BELOW = 5, 12
FEWEST_COLUMNS = 3
WORD_FONT = 18

# Characters of a word that fit over its panel.
LONGEST = 13


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One answer: `title`, lines that say how it compares, and its `words` as (label, probability), likeliest first."""

    title: str
    note: str
    words: Sequence[tuple[str, float]]
    agreement: Agreement


@dataclass(frozen=True, kw_only=True)
class PanelRow:
    """A row of panels under one title."""

    title: str
    panels: Sequence[Panel]


def width(rows: Sequence[PanelRow]) -> int:
    """Return the px that the panels need at least; a narrower screen scrolls."""
    return PANEL * max(len(row.panels) for row in rows)


def answers_figure(rows: Sequence[PanelRow], *, palette: Palette) -> Figure:
    """Return the panels in a grid. Trace `chance` has one bar per word, customdata (row, column, rank, probability).

    A ✓ stands before what is the same answer, a ✗ before another one, whose panel is outlined.
    """
    columns = max(FEWEST_COLUMNS, *(len(row.panels) for row in rows))
    bars: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    outlines: list[dict[str, Any]] = []
    top = 0
    for index, row in enumerate(rows):
        if row.title:
            notes.append(_note(f"<b>{escape(row.title)}</b>", 0, top + TITLE / 2, {"size": 19, "color": palette.text}))
            top += TITLE
        head = HEAD + NOTE * max(len(panel.note.splitlines()) for panel in row.panels)
        height = head + LINE * max(len(panel.words) for panel in row.panels)
        for column, panel in enumerate(row.panels):
            bars += _bars(panel, index, column, top + head)
            notes += _heading(panel, column, top, palette)
            if panel.agreement == "different":
                outlines.append(_outline(column, top, height, palette))
        top += height + GAP
    figure = Figure([_chances(bars, palette), _texts(bars, palette)])
    style(figure, palette, height=top + 8)
    # All at once: adding them one by one takes plotly seconds.
    figure.update_layout(annotations=notes, shapes=outlines)
    figure.update_layout(margin={"t": 4, "b": 4, "l": 4, "r": 4}, showlegend=False)
    figure.update_xaxes(range=[-0.02, columns], visible=False, fixedrange=True)
    figure.update_yaxes(range=[top, 0], visible=False, fixedrange=True)
    return figure


def _bars(panel: Panel, index: int, column: int, top: float) -> list[dict[str, Any]]:
    """Return the lines of one panel: where each stands, and what is written there."""
    lines = []
    for rank, (word, probability) in enumerate(panel.words):
        lines.append(
            {
                "x": 0.9 * probability,
                "base": column,
                "y": top + LINE * (rank + 0.5),
                "customdata": (index, column, rank, probability),
                "text": escape(word),
                "hovertext": f"{escape(word)}: {percent(probability)}",
                "label": escape(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…"),
            }
        )
    return lines


def _chances(bars: Sequence[dict[str, Any]], palette: Palette) -> Trace:
    return bar(
        name="chance",
        orientation="h",
        width=BAR,
        marker={"color": palette.ramp[5]},
        textposition="none",
        hovertemplate="%{hovertext} probability<extra></extra>",
        y=[bar["y"] + BELOW for bar in bars],
        **{key: [bar[key] for bar in bars] for key in ("x", "base", "customdata", "text", "hovertext")},
    )


def _texts(bars: Sequence[dict[str, Any]], palette: Palette) -> Trace:
    """Return the trace that writes the words, each with its percentage."""
    style = f"font-family:{FONT.replace(chr(34), chr(39))};font-size:15px;color:{palette.muted}"
    return scatter(
        name="word",
        x=[bar["base"] for bar in bars],
        y=[bar["y"] - 2 for bar in bars],
        text=[f'{bar["label"]} <span style="{style}">{percent(bar["customdata"][3])}</span>' for bar in bars],
        mode="text",
        textposition="middle right",
        textfont={"family": CODE_FONT, "size": WORD_FONT, "color": palette.text},
        hoverinfo="skip",
    )


def _heading(panel: Panel, column: int, top: float, palette: Palette) -> list[dict[str, Any]]:
    """Return the title of one panel and its note."""
    mark = {"reference": "", "same": "✓ ", "different": "✗ "}[panel.agreement]
    loud = panel.agreement == "different"
    lines = escape(panel.note).splitlines()
    if loud and lines:
        lines[0] = f"<b>{mark}{lines[0]}</b>"
    note = "<br>".join(lines) if loud else mark + "<br>".join(lines)
    font = {"size": 15, "color": palette.text if loud else palette.muted}
    return [
        _note(escape(panel.title), column, top + 14, {"size": 16, "color": palette.text}),
        _note(note, column, top + HEAD - 2 + NOTE * len(lines) / 2, font),
    ][: 2 if panel.note else 1]


def _outline(column: int, top: float, height: float, palette: Palette) -> dict[str, Any]:
    line = {"color": palette.text, "width": 2, "dash": "dot"}
    box = {"x0": column - 0.015, "x1": column + 0.93, "y0": top + 1, "y1": top + height + 4}
    return {"type": "rect", **box, "line": line}


def _note(text: str, x: float, y: float, font: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": "left",
        "xshift": 6,
        "align": "left",
        "font": font,
        "showarrow": False,
    }
