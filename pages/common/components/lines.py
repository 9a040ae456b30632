"""One attention head as lines between the tokens that read and the tokens that are read. Axis letters: Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from formatting import percent
from pages.common.components.source import source
from viz.base.text import shorten
from viz.base.theme import Palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weights below this are not sent: their lines would be too faint to see, and they are most of the cells.
LEAST = 0.01
# The most lines: more are a grey wall, and the browser draws each as a node of its own.
MOST = 4000
LONGEST_LABEL = 13  # in widths of a digit
# The most tokens whose rows are set in the largest type, and in rows of full height; beyond that the whole scrolls.
LARGE_UP_TO, FULL_UP_TO = 30, 64
ROW, DENSE_ROW = 30, 18  # px

_HTML = """
<div class="lines" role="group">
  <div class="frame">
    <div class="title reads">reads</div><div class="title"></div><div class="title read">is read</div>
    <div class="tokens reads" role="group" aria-label="reads"></div>
    <svg aria-hidden="true" preserveAspectRatio="none"><g class="every"></g><g class="lit"></g></svg>
    <div class="tokens read" role="group" aria-label="is read"></div>
  </div>
  <p class="left-out"></p>
  <p class="announcement" aria-live="polite"></p>
</div>
"""

# Registered once, when the server first imports this.
_LINES = st.components.v2.component(
    "maskscope_lines",
    html=_HTML,
    css=source("lines.css"),
    js=source("lines.js"),
)


def head_lines(
    labels: Sequence[str],
    weights: NDArray[Any],
    *,
    key: str,
    palette: Palette,
    label: str,
    causes: Mapping[str, NDArray[np.bool_]] = {},
) -> int | None:
    """Draw one head as lines and return the index of the query token that was clicked in this run, else None.

    `weights[Q, K]` may hold NaN or 0 where nothing is read; the cells of `causes`, each `[Q, K]`, are blocked and get no
    line. Hovering or focusing a token lights its lines and writes their percentages: Tab goes to a column, the arrow keys
    move in it. `label` names the whole for screen readers. Inside a fragment a click reruns that fragment alone.
    """
    data = lines_data(labels, weights, palette=palette, label=label, causes=causes)
    result = _LINES(data=data, key=key, on_clicked_change=lambda: None)
    return None if result.clicked is None else int(result.clicked)


def lines_data(
    labels: Sequence[str],
    weights: NDArray[Any],
    *,
    palette: Palette,
    label: str,
    causes: Mapping[str, NDArray[np.bool_]] = {},
) -> dict[str, Any]:
    """Return what the browser gets; raise ValueError where labels, weights and causes are not of one size.

    `lines` are [query, key, weight to 4 digits], the weakest first, which is the order of drawing; `blocked` are runs
    [query, first key, last key]; `quiet` are the queries that may read nothing and the keys that nobody may read;
    `titles` hold the whole of a shortened label, else nothing.
    """
    blocked = _blocked(len(labels), weights, causes)  # (Q, K)
    open_weights = np.nan_to_num(weights)  # (Q, K), a copy of the same precision
    open_weights[blocked] = 0
    lines = _lines(open_weights)
    shown = [shorten(text, LONGEST_LABEL) for text in labels]
    return {
        "label": label,
        "tokens": shown,
        "titles": [whole if short != whole else "" for short, whole in zip(shown, labels, strict=True)],
        "lines": lines,
        "blocked": _runs(blocked),
        "quiet": [np.flatnonzero(blocked.all(axis)).tolist() for axis in (1, 0)],
        "left_out": _left_out(open_weights, lines),
        "row": palette.sizes.px(ROW if len(labels) <= FULL_UP_TO or palette.sizes.brief else DENSE_ROW),
        "size": "large" if len(labels) <= LARGE_UP_TO else "text" if len(labels) <= FULL_UP_TO else "dense",
        "colours": {
            "paper": palette.paper,
            "text": palette.text,
            "muted": palette.muted,
            "edge": palette.line,
            "accent": palette.accent,
            "stroke": palette.ramp[-2],  # the very last is black or white but for a trace
        },
    }


def _blocked(tokens: int, weights: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return whether any cause blocks a cell `[Q, K]`."""
    for name, shape in {"weights": weights.shape, **{cause: cells.shape for cause, cells in causes.items()}}.items():
        if shape != (tokens, tokens):
            raise ValueError(f"{name} has the shape {shape}, but {tokens} labels need ({tokens}, {tokens})")
    return np.asarray(np.any([np.zeros((tokens, tokens), bool), *causes.values()], axis=0))


def _lines(weights: NDArray[Any]) -> list[list[float]]:
    """Return the largest weights as [query, key, weight], the weakest first."""
    query, key = np.nonzero(weights >= LEAST)
    found = weights[query, key]
    order = np.argsort(-found, kind="stable")[:MOST][::-1]
    return [[int(query[i]), int(key[i]), round(float(found[i]), 4)] for i in order]


def _left_out(weights: NDArray[Any], lines: list[list[float]]) -> str:
    """Return a sentence about the weights that have no line, nothing where all have one."""
    if (weights >= LEAST).sum() > len(lines):
        return f"Only the {MOST:,} largest weights are drawn: those from {percent(lines[0][2])} up."
    return f"Weights below {LEAST * 100:.0f} % are not drawn." if (weights > 0).sum() > len(lines) else ""


def _runs(blocked: NDArray[np.bool_]) -> list[list[int]]:
    """Return the blocked cells as [query, first key, last key]: a causal mask of T tokens is T - 1 runs."""
    edges = np.diff(np.pad(blocked, ((0, 0), (1, 1))).astype(np.int8), axis=1)  # (Q, K + 1)
    (query, first), (_, behind) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    runs: list[list[int]] = np.stack([query, first, behind - 1], axis=1).tolist()
    return runs
