"""Byte-pair encoding as a picture: a row per merge, from bytes at the top to tokens at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viz.base.figure import Figure, Trace, bar
from viz.base.text import escape
from viz.base.theme import CODE_FONT, MIN_FONT, Palette, style

# Sizes in px: a row, one byte's width at least, what stands at the left of the rows.
ROW = 42
BYTE = 30
HEADER = 172
FEWEST_BYTES = 14
FONT = 20


@dataclass(frozen=True, kw_only=True)
class MergeRow:
    """The pieces after one merge as (label, first byte, byte behind the last, was just merged), and the merge's rank."""

    pieces: Sequence[tuple[str, int, int, bool]]
    rank: int | None


def width(rows: Sequence[MergeRow]) -> int:
    """Return the px that the picture needs at least; a narrower screen scrolls."""
    return HEADER + BYTE * max(rows[0].pieces[-1][2], FEWEST_BYTES // 2)


def merge_figure(rows: Sequence[MergeRow], ids: Sequence[int], *, palette: Palette) -> Figure:
    """Return the picture of one word: each piece spans its bytes, what a merge joined is in the accent colour.

    Trace `piece` carries one point per piece, in reading order, with customdata (step, rank or None). `ids` stand below the
    last row's pieces.
    """
    figure = Figure(_pieces(rows, palette))
    notes = [{"text": _name(step, row), "y": step, **_left(palette)} for step, row in enumerate(rows)]
    notes.append({"text": "<b>token ids</b>", "y": len(rows), **_left(palette)})
    for (_, start, end, _), token_id in zip(rows[-1].pieces, ids, strict=True):
        font = {"size": 17, "color": palette.text}
        notes.append({"text": str(token_id), "x": (start + end) / 2, "y": len(rows), "font": font, "showarrow": False})
    style(figure, palette, height=ROW * (len(rows) + 1) + 8)
    figure.update_layout(annotations=notes)  # all at once: adding them one by one takes plotly seconds
    figure.update_layout(margin={"t": 4, "b": 4, "l": HEADER, "r": 8}, showlegend=False)
    figure.update_xaxes(range=[-0.1, max(rows[0].pieces[-1][2], FEWEST_BYTES) + 0.1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(rows) + 0.5, -0.5], visible=False, fixedrange=True)
    return figure


def _pieces(rows: Sequence[MergeRow], palette: Palette) -> Trace:
    """Return one bar per piece, as long as its bytes."""
    cells = [(step, row.rank, piece) for step, row in enumerate(rows) for piece in row.pieces]
    pieces = [piece for _, _, piece in cells]
    fresh = [merged for _, _, _, merged in pieces]
    return bar(
        name="piece",
        orientation="h",
        x=[end - start - 0.1 for _, start, end, _ in pieces],
        base=[start + 0.05 for _, start, _, _ in pieces],
        y=[step for step, _, _ in cells],
        width=0.84,
        marker={
            "color": [palette.accent if merged else palette.surface for merged in fresh],
            "line": {"width": 1, "color": [palette.accent if merged else palette.line for merged in fresh]},
        },
        text=[escape(label) for label, _, _, _ in pieces],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        insidetextfont={
            "family": CODE_FONT,
            "size": [_size(label, end - start) for label, start, end, _ in pieces],
            "color": [palette.paper if merged else palette.text for merged in fresh],
        },
        customdata=[(step, rank) for step, rank, _ in cells],
        hovertemplate="%{text}<extra></extra>",
    )


def _size(label: str, bytes_: int) -> float:
    """Return the px at which `label` fits over its bytes."""
    return max(min(FONT, (BYTE * bytes_ - 4) / 0.6 / max(len(label), 1)), MIN_FONT)


def _name(step: int, row: MergeRow) -> str:
    if row.rank is None:
        return "bytes" if row.pieces[-1][2] == len(row.pieces) else "special token"
    return f"merge {step}: rank <b>{row.rank:,}</b>"


def _left(palette: Palette) -> dict[str, Any]:
    font = {"size": 15, "color": palette.muted}
    return {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -8, "showarrow": False, "font": font}
