"""All heads of one sentence as one small picture. Axes: L layer, H head, T token, N any map, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_utils.masks.mask import CAUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.forward import AttentionMaps

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
