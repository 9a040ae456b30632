"""All heads of a sentence as one HTML page that needs no network. Axes: L layer, H head, T token, N cells a side."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.hatching import GAPS_UP_TO
from viz.base.matrix import NUMBERS_UP_TO
from viz.base.text import shorten
from viz.base.theme import LIGHT, MAX_FONT, MIN_FONT, WEIGHT_TICKS, Palette, luminance

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A head is drawn with at most this many cells a side: 12 x 12 heads make a page of 6.3 MB then, small enough to mail.
MAX_CELLS = 128
# Weights travel as whole steps of 1 / STEPS, two bytes each.
STEPS = 65_535
# Bytes of one token's label as JSON, about: `"\u2423word",`.
LABEL_BYTES = 14


def heads_page(
    weights: NDArray[Any],
    causes: Mapping[str, NDArray[np.bool_]],
    labels: Sequence[str],
    *,
    title: str,
    model: str,
    palette: Palette,
) -> str:
    """Return a whole HTML document that shows `weights[L, H, T, T]`: a map of all heads, and one large.

    `causes` says why cells are blocked, `[T, T]` each, the first that names a cell is the one drawn; a blocked cell has no
    weight. Above MAX_CELLS tokens a cell is the largest weight of its block. Raises ValueError where the sizes differ.
    """
    T = weights.shape[-1]
    if len(labels) != T:
        raise ValueError(f"{len(labels)} labels for {T} tokens: give one label per token")
    parts = {
        "title": html.escape(title),
        "model": html.escape(model),
        "style": _colours(palette) + _asset("page.css"),
        "script": _asset("cells.js") + _asset("page.js"),
        "data": _json(_data(weights, causes, labels, palette)),
    }
    # In one pass, so that what a part says is never taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _asset("page.html"))


def page_bytes(layers: int, heads: int, tokens: int) -> int:
    """Return about how many bytes `heads_page` makes of a sentence, in UTF-8."""
    cells = -(-tokens // block(tokens))
    weights, blocked = 2 * layers * heads * cells**2, cells**2
    return _bare_bytes() + (weights + blocked) * 4 // 3 + LABEL_BYTES * tokens


def block(tokens: int) -> int:
    """Return how many tokens one cell of the page stands for, on either axis."""
    return -(-tokens // MAX_CELLS)


@cache
def _bare_bytes() -> int:
    """Return the bytes of a page with next to no weights."""
    causes = dict.fromkeys(LIGHT.causes, np.ones((1, 1), dtype=bool))
    return len(heads_page(np.zeros((1, 1, 1, 1)), causes, [""], title="", model="", palette=LIGHT).encode())


def _data(
    weights: NDArray[Any], causes: Mapping[str, NDArray[np.bool_]], labels: Sequence[str], palette: Palette
) -> dict[str, Any]:
    """Return all that the page's script reads."""
    L, H, T, _ = weights.shape
    pooled = block(T)
    bits = _bits(causes, T)  # (Q, K)
    return {
        "layers": L,
        "heads": H,
        "tokens": T,
        "pooled": pooled,
        "cells": -(-T // pooled),
        "labels": list(labels),
        "short": {i: shorten(label) for i, label in enumerate(labels) if shorten(label) != label},
        "causes": [{**vars(palette.causes[cause]), "used": bool(cells.any())} for cause, cells in causes.items()],
        "colours": {name: getattr(palette, name) for name in ("paper", "text", "muted", "line", "accent", "ramp")},
        "ticks": WEIGHT_TICKS,
        "fonts": [MIN_FONT, MAX_FONT],
        "numbersUpTo": NUMBERS_UP_TO,
        "gapsUpTo": GAPS_UP_TO,
        "blocked": _packed(_pool_bits(bits, pooled)),
        "weights": _packed(_steps(weights, bits > 0, pooled)),
    }


def _bits(causes: Mapping[str, NDArray[np.bool_]], tokens: int) -> NDArray[np.uint8]:
    """Return why each cell `[Q, K]` is blocked: bit i is set for the i-th cause, so that all of them can be named."""
    bits = np.zeros((tokens, tokens), dtype=np.uint8)
    for i, cells in enumerate(causes.values()):
        bits |= cells.astype(np.uint8) << np.uint8(i)
    return bits


def _pool_bits(bits: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return the causes of each block, 0 where one of its cells may be read."""
    starts = np.arange(0, len(bits), size)
    every = np.bitwise_or.reduceat(np.bitwise_or.reduceat(bits, starts, axis=0), starts, axis=1)  # (N, N)
    shut = np.logical_and.reduceat(np.logical_and.reduceat(bits > 0, starts, axis=0), starts, axis=1)  # (N, N)
    return np.where(shut, every, np.uint8(0))


def _steps(weights: NDArray[Any], blocked: NDArray[np.bool_], size: int) -> NDArray[np.uint16]:
    """Return the weights `[L, H, N, N]` in steps of 1 / STEPS, layer by layer: a float copy of all may be too large.

    Halves are compared as their bits, which from 0 up have the same order: at 1,024 tokens that takes half the time.
    """
    half = weights.dtype == np.float16
    starts = np.arange(0, len(blocked), size)
    found = np.empty((*weights.shape[:2], len(starts), len(starts)), dtype="<u2")
    for layer, heads in enumerate(weights):
        seen = np.where(blocked, np.zeros((), weights.dtype), heads)  # (H, Q, K)
        ordered = seen.view(np.uint16) if half else seen
        most = np.maximum.reduceat(np.maximum.reduceat(ordered, starts, axis=1), starts, axis=2)  # (H, N, N)
        shares = (most.view(np.float16) if half else most).astype(np.float32)
        found[layer] = np.rint(shares * STEPS).clip(0, STEPS)
    return found


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _json(data: Mapping[str, Any]) -> str:
    """Return `data` as JSON that no text in it can end: it is all ASCII, and without the characters of markup."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colours(palette: Palette) -> str:
    """Return the palette as CSS variables; the colour bar is even in the square root of the weight, as the ramp is."""
    names = {name: getattr(palette, name) for name in ("paper", "text", "muted", "line", "surface", "accent")}
    lines = [f"  --{name}: {colour};" for name, colour in names.items()]
    lines.append(f"  --ramp: linear-gradient(to right, {', '.join(palette.ramp)});")
    lines.append(f"  color-scheme: {'light' if luminance(palette.paper) > 0.5 else 'dark'};")
    return ":root {\n" + "\n".join(lines) + "\n}\n"


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
