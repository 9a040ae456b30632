"""Byte-pair encoding as a picture: a row per merge, from bytes at the top to tokens at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from viz.theme import CODE_FONT, MIN_FONT, Palette, style
from viz.words import plain

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


def merge_figure(rows: Sequence[MergeRow], ids: Sequence[int], *, palette: Palette) -> go.Figure:
    """Return the picture of one word: each piece spans its bytes, what a merge joined is in the accent colour.

    Trace `piece` carries one point per piece, in reading order, with customdata (step, rank or None). `ids` stand below the
    last row's pieces.
    """
    figure = go.Figure(_labels(rows, palette))
    for step, row in enumerate(rows):
        for _, start, end, merged in row.pieces:
            figure.add_shape(**_box(step, start, end, merged, step == len(rows) - 1, palette))
        figure.add_annotation(text=_name(step, row, palette), y=step, **_left(palette))
    figure.add_annotation(text="<b>token ids</b>", y=len(rows), **_left(palette))
    for (_, start, end, _), token_id in zip(rows[-1].pieces, ids, strict=True):
        font = {"size": 17, "color": palette.text}
        figure.add_annotation(text=str(token_id), x=(start + end) / 2, y=len(rows), font=font, showarrow=False)
    style(figure, palette, height=ROW * (len(rows) + 1) + 8)
    figure.update_layout(margin={"t": 4, "b": 4, "l": HEADER, "r": 8}, showlegend=False)
    figure.update_xaxes(range=[-0.1, max(rows[0].pieces[-1][2], FEWEST_BYTES) + 0.1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(rows) + 0.5, -0.5], visible=False, fixedrange=True)
    return figure


def _labels(rows: Sequence[MergeRow], palette: Palette) -> go.Scatter:
    cells = [(step, row.rank, piece) for step, row in enumerate(rows) for piece in row.pieces]
    return go.Scatter(
        name="piece",
        x=[(start + end) / 2 for _, _, (_, start, end, _) in cells],
        y=[step for step, _, _ in cells],
        text=[plain(label) for _, _, (label, _, _, _) in cells],
        customdata=[(step, rank) for step, rank, _ in cells],
        mode="text",
        textfont={
            "family": CODE_FONT,
            "size": [_size(label, end - start) for _, _, (label, start, end, _) in cells],
            "color": [palette.paper if merged else palette.text for _, _, (_, _, _, merged) in cells],
        },
        hovertemplate="%{text}<extra></extra>",
    )


def _size(label: str, bytes_: int) -> float:
    """Return the px at which `label` fits over its bytes."""
    return max(min(FONT, (BYTE * bytes_ - 4) / 0.6 / max(len(label), 1)), MIN_FONT)


def _box(step: int, start: int, end: int, merged: bool, final: bool, palette: Palette) -> dict[str, Any]:
    border = palette.accent if merged else palette.text if final else palette.line
    return {
        "type": "rect",
        "x0": start + 0.05,
        "x1": end - 0.05,
        "y0": step - 0.42,
        "y1": step + 0.42,
        "layer": "below",
        "fillcolor": palette.accent if merged else palette.surface,
        "line": {"color": border, "width": 2 if final else 1},
    }


def _name(step: int, row: MergeRow, palette: Palette) -> str:
    if row.rank is None:
        return "bytes" if row.pieces[-1][2] == len(row.pieces) else "special token"
    return f"merge {step}: rank <b>{row.rank:,}</b>"


def _left(palette: Palette) -> dict[str, Any]:
    font = {"size": 15, "color": palette.muted}
    return {"x": 0, "xref": "paper", "xanchor": "right", "xshift": -8, "showarrow": False, "font": font}
