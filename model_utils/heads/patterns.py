"""What a head does on one sentence: its habits as shares, all heads as thumbnails. Axes: L layer, H head, T token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from model_utils.masks.mask import CAUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.forward import AttentionMaps

# A row of n tokens has these three in its mix; everything else is the rest.
HABITS = ("previous", "first", "itself")

# A thumbnail has at most this many cells a side, and the whole picture about this many: more than a screen shows of it,
# and a message of some 0.3 MB however many heads a model has.
MAX_TILE = 64
MAX_PICTURE = 250_000
# Fewer tokens than this are drawn larger, so that the gap between tiles stays thin.
MIN_TILE = 12

# The first code of a thumbnail that means a weight; below it 0 is the gap, 1 to 4 a cause as in masks.CAUSE_CODE.
WEIGHT_CODE = len(CAUSES) + 1
TOP_CODE = 255


@dataclass(frozen=True, kw_only=True, eq=False)
class Habits:
    """How much of its mix each head takes, on average over one sentence's rows, from three places; `[L, H]`, read-only.

    `previous`: the token before the reading one. `first`: the sentence's first token. `itself`: the reading token.
    """

    previous: NDArray[np.float32]
    first: NDArray[np.float32]
    itself: NDArray[np.float32]

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                array.setflags(write=False)

    def strongest(self, habit: str) -> tuple[int, int, float]:
        """Return (layer, head, share) of the head with the largest share of `habit`."""
        shares = getattr(self, habit)
        layer, head = np.unravel_index(int(shares.argmax()), shares.shape)
        return int(layer), int(head), float(shares[layer, head])

    def main(self, layer: int, head: int) -> tuple[str, float]:
        """Return (habit, share) of the habit that is strongest in one head."""
        shares = {habit: float(getattr(self, habit)[layer, head]) for habit in HABITS}
        best = max(shares, key=lambda habit: shares[habit])
        return best, shares[best]


@dataclass(frozen=True, kw_only=True, eq=False)
class Thumbnails:
    """All heads of one sentence as one picture, `picture[L * pitch, H * pitch]` uint8, read-only.

    Codes: 0 the gap between tiles, 1 to 4 blocked (masks.CAUSE_CODE), from WEIGHT_CODE on the square root of the weight.
    A tile has `pitch - gap` cells a side; each is the largest of the `pooled` x `pooled` cells that it stands for.
    """

    picture: NDArray[np.uint8]
    pitch: int
    gap: int
    pooled: int

    def __post_init__(self) -> None:
        self.picture.setflags(write=False)


def habits(maps: AttentionMaps, first: int, last: int) -> Habits | None:
    """Return the Habits of every head over the rows that count among the real columns `first` to `last`.

    None where no row counts: a single token, or a mask that leaves those rows nothing to read.
    """
    weights = maps.weights[:, :, first : last + 1, first : last + 1]  # (L, H, Q, K)
    rows = counted_rows(maps, first, last)  # (Q,)
    if not rows.any():
        return None

    def mean(shares: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(shares.astype(np.float32).mean(-1))  # (L, H)

    return Habits(
        previous=mean(np.diagonal(weights, -1, 2, 3)[..., rows[1:]]),
        first=mean(weights[:, :, rows, 0]),
        itself=mean(np.diagonal(weights, 0, 2, 3)[..., rows]),
    )


def counted_rows(maps: AttentionMaps, first: int, last: int) -> NDArray[np.bool_]:
    """Return `[last - first + 1]`: True for the rows over which a head's averages are taken.

    Rows count from the third token on, where the token before, the first and the token itself are three; a sentence of
    two tokens has its second row only, a single token none. A row that may read no real token does not count: the
    model runs it all the same, and its numbers mean nothing.
    """
    n = last - first + 1
    reads = (maps.cause[first : last + 1, first : last + 1] == 0).any(-1)  # (Q,)
    return np.asarray(reads & (np.arange(n) >= min(2, max(1, n - 1))))


def thumbnails(maps: AttentionMaps) -> Thumbnails:
    """Return all heads as one picture; a cell that stands for many shows the largest weight among them."""
    L, H, T, _ = maps.weights.shape
    most = max(1, min(MAX_TILE, int((MAX_PICTURE / (L * H)) ** 0.5)))
    pooled = -(-T // most)
    cells = -(-T // pooled)
    grown = max(1, MIN_TILE // cells)
    gap = max(1, round(cells * grown / 12))
    pitch = cells * grown + gap
    blocked = maps.cause > 0  # (Q, K)
    causes = _pool(maps.cause[None], pooled)[0]  # (cells, cells)
    seen = _pool(~blocked[None], pooled)[0]  # (cells, cells)
    picture = np.zeros((L, pitch, H, pitch), dtype=np.uint8)
    for layer in range(L):
        weights = np.where(blocked, np.zeros((), maps.weights.dtype), maps.weights[layer])  # (H, Q, K)
        codes = _codes(_pool(weights, pooled))  # (H, cells, cells)
        codes = np.where(seen, codes, causes)
        codes = codes.repeat(grown, axis=1).repeat(grown, axis=2)  # (H, cells * grown, cells * grown)
        picture[layer, : pitch - gap, :, : pitch - gap] = codes.transpose(1, 0, 2)
    return Thumbnails(picture=picture.reshape(L * pitch, H * pitch), pitch=pitch, gap=gap, pooled=pooled)


def weight_of(code: int) -> float:
    """Return the weight that a thumbnail's code from WEIGHT_CODE on stands for."""
    return float(((code - WEIGHT_CODE) / (TOP_CODE - WEIGHT_CODE)) ** 2)


def _codes(weights: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the codes of `weights`: even steps of their square root."""
    steps = np.sqrt(weights.astype(np.float32)) * (TOP_CODE - WEIGHT_CODE)
    return np.asarray(WEIGHT_CODE + np.rint(steps).clip(0, TOP_CODE - WEIGHT_CODE), dtype=np.uint8)


def _pool(maps: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the largest of each `size` x `size` block of `maps[N, T, T]`; the last blocks may be smaller."""
    if size == 1:
        return maps
    ordered, starts = _ordered(maps), np.arange(0, maps.shape[-1], size)
    rows = np.empty((len(maps), len(starts), maps.shape[-1]), ordered.dtype)  # (N, blocks, T)
    for block, start in enumerate(starts):  # row by row, ten times as fast as reduceat along this axis
        ordered[:, start : start + size].max(axis=1, out=rows[:, block])
    return np.maximum.reduceat(rows, starts, axis=2).view(maps.dtype)


def _ordered(maps: NDArray[Any]) -> NDArray[Any]:
    """Return `maps` as integers of the same order: halves and floats from 0 up sort as their bits, and much faster."""
    if maps.dtype == np.float16:
        return maps.view(np.uint16)
    return maps.view(np.uint32) if maps.dtype == np.float32 else maps.view(np.uint8)


def table(maps: AttentionMaps, labels: Sequence[str], layer: int, head: int) -> pd.DataFrame:
    """Return one head's cells, one per row: query and key as column and label, the weight (empty where blocked), why."""
    T = len(labels)
    query, key = (index.ravel() for index in np.indices((T, T)))
    cause = maps.cause.ravel()
    weights = maps.weights[layer, head].astype(np.float32).ravel()
    return pd.DataFrame(
        {
            "query": query,
            "query_token": np.asarray(labels, dtype=object)[query],
            "key": key,
            "key_token": np.asarray(labels, dtype=object)[key],
            "weight": np.where(cause > 0, np.nan, weights),
            "blocked_by": np.asarray(["", *CAUSES], dtype=object)[cause],
        }
    )
