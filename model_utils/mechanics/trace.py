"""One attention head, step by step, from one recorded pass. Axis letters: Q query, K key, W width of a head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.masks.mask import FILL_MIN, FILLS
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadTrace:
    """What one head computed on one sentence, as recorded in the pass, with the mask that it ran under; read-only.

    `scores` are q·k / `divisor`, for every cell; `masked` and `weights` are the model's own, under the fill `min`.
    `bias[Q, K]` is what the mask added: 0, the log of a weight between 0 and 1, or the fill. `cause[Q, K]` is 0 where
    visible, `causes` holds every cause of a blocked cell. `first` and `last` are the columns of the real tokens.
    """

    query: NDArray[np.float32]  # (Q, W)
    key: NDArray[np.float32]  # (K, W)
    value: NDArray[np.float32]  # (K, W)
    scores: NDArray[np.float32]  # (Q, K)
    bias: NDArray[np.float32]  # (Q, K)
    masked: NDArray[np.float32]  # (Q, K)
    weights: NDArray[np.float32]  # (Q, K)
    cause: NDArray[np.uint8]  # (Q, K)
    causes: Mapping[str, NDArray[np.bool_]]  # each (Q, K)
    first: int
    last: int
    divisor: float

    def __post_init__(self) -> None:
        for name in ("query", "key", "value", "scores", "bias", "masked", "weights", "cause"):
            getattr(self, name).setflags(write=False)

    @property
    def width(self) -> int:
        """Return W, the width of a head."""
        return int(self.query.shape[1])

    @property
    def divisor_name(self) -> str:
        """Return what q·k is divided by, as it is written: `√32`, with a factor as `3·√32`, or `3`; empty for 1.

        GPT-2 divides by the root of W (Vaswani et al. 2017, section 3.2.1); `scale_attn_by_inverse_layer_idx` and
        `scale_attn_weights` in config.json make it otherwise.
        """
        factor = self.divisor / self.width**0.5
        if math.isclose(factor, round(factor), rel_tol=1e-6):
            return f"√{self.width}" if round(factor) == 1 else f"{round(factor)}·√{self.width}"
        return "" if math.isclose(self.divisor, 1, rel_tol=1e-6) else f"{self.divisor:g}"

    @cached_property
    def blocked(self) -> NDArray[np.bool_]:
        """Return `[Q, K]`: True where the query may not read the key."""
        return self.cause > 0

    @cached_property
    def empty_rows(self) -> NDArray[np.bool_]:
        """Return `[Q]`: True where a row may read nothing at all."""
        return np.asarray(self.blocked.all(-1))

    @property
    def real(self) -> NDArray[np.bool_]:
        """Return `[T]`: True for the columns of real tokens."""
        columns = np.arange(len(self.scores))
        return (columns >= self.first) & (columns <= self.last)

    def under(self, fill: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (masked scores, weights), both `[Q, K]`, of these same scores with another fill, one of FILLS.

        `min` gives what the model itself computed.
        """
        if fill == "min":
            return self.masked, self.weights
        bias = np.where(self.blocked, np.float32(FILLS[fill]), self.bias)
        masked = self.scores + bias
        return masked, softmax(masked)


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadRow:
    """One row of a head, step by step; each array holds one number per key.

    `score` -> `masked` = score + `bias` -> `exp` = exp(masked - `largest`) -> `weight` = exp / `total` -> `mixed`
    `[K, W]` = weight x value, whose sum over the keys is `output` `[W]`. Subtracting the row's largest score, as torch
    does, keeps exp within 0 to 1 and cancels in the division. `masked` and `weight` are the model's own numbers, not
    those of a second calculation; exp and the total agree with them up to float32's last bits.
    """

    score: NDArray[np.float32]
    bias: NDArray[np.float32]
    masked: NDArray[np.float32]
    largest: float
    exp: NDArray[np.float64]
    total: float
    weight: NDArray[np.float32]
    mixed: NDArray[np.float32]
    output: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """One cell of a head as a chain of numbers: `products` `[W]` of q and k, their sum, and what becomes of it."""

    products: NDArray[np.float64]
    dot: float
    score: float
    bias: float
    masked: float
    largest: float
    exp: float
    total: float
    weight: float


class OneLayer(list[LayerTrace]):
    """A trace that keeps one layer only: all layers of a long text would fill the memory."""

    def __init__(self, layer: int) -> None:
        super().__init__()
        self._left = layer

    def append(self, item: LayerTrace) -> None:
        """Keep `item` if it is the one layer's, in the order in which the model runs them."""
        if self._left == 0:
            super().append(item)
        self._left -= 1


def record(loaded: LoadedModel, batch: TokenBatch, mask: Mask, *, sentence: int, layer: int, head: int) -> HeadTrace:
    """Return what one head computed on `sentence`, as it lies in the padded batch, from one pass of the model."""
    kept = OneLayer(layer)
    one = slice(sentence, sentence + 1)
    forward(loaded, batch.input_ids, mask, rows=one, trace=kept, logits="none")
    return head_trace(kept[0], batch, mask, sentence=sentence, head=head)


def head_trace(
    trace: LayerTrace, batch: TokenBatch, mask: Mask, *, sentence: int, head: int, row: int = 0
) -> HeadTrace:
    """Return one head of a layer's trace; `row` is where the traced pass held `sentence`."""
    names = ("query", "key", "value", "scores", "masked", "weights")
    arrays = {name: getattr(trace, name)[row, head].numpy().copy() for name in names}
    return HeadTrace(
        **arrays,
        bias=mask.bias()[sentence, 0].copy(),  # not a view, which would keep the whole batch
        cause=mask.cause[sentence].copy(),
        causes={cause: cells[sentence].copy() for cause, cells in mask.causes.items()},
        first=batch.first(sentence),
        last=batch.last(sentence),
        divisor=1 / trace.scale,
    )


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax of each row of `scores[Q, K]` by the model's own routine; all minus infinity gives NaN."""
    return np.asarray(torch.softmax(torch.tensor(scores), dim=-1).numpy())


def row_of(head: HeadTrace, query: int, fill: str = "min") -> HeadRow:
    """Return the row of column `query`, step by step, under `fill`."""
    masked, weights = head.under(fill)
    largest = float(masked[query].max())
    with np.errstate(invalid="ignore"):  # minus infinity less minus infinity is NaN: so it is shown
        exp = np.exp(masked[query].astype(np.float64) - largest)  # (K,)
    mixed = weights[query][:, None] * head.value  # (K, W)
    bias = np.where(head.blocked[query], np.float32(FILLS[fill]), head.bias[query])
    return HeadRow(
        score=head.scores[query],
        bias=bias,
        masked=masked[query],
        largest=largest,
        exp=exp,
        total=float(exp.sum()),
        weight=weights[query],
        mixed=mixed,
        output=weights[query] @ head.value,
    )


def cell_of(head: HeadTrace, query: int, key: int, fill: str = "min") -> Cell:
    """Return the chain of numbers of one cell, columns `query` and `key`, under `fill`."""
    row = row_of(head, query, fill)
    products = head.query[query].astype(np.float64) * head.key[key]  # (W,)
    return Cell(
        products=products,
        dot=float(products.sum()),
        score=float(row.score[key]),
        bias=float(row.bias[key]),
        masked=float(row.masked[key]),
        largest=row.largest,
        exp=float(row.exp[key]),
        total=row.total,
        weight=float(row.weight[key]),
    )


def unmasked(head: HeadTrace) -> NDArray[np.float32]:
    """Return `[Q, K]` the weights of self-attention: the same scores with nothing but padding blocked."""
    bias = np.where(head.causes["padding"], np.float32(FILL_MIN), np.float32(0))
    return softmax(head.scores + bias)


def share_on(weights: NDArray[np.float32], cells: NDArray[np.bool_], rows: NDArray[np.bool_]) -> float:
    """Return which share of the weight of `rows` lies on `cells`, between 0 and 1: the mean over those rows."""
    return float(np.where(cells, weights, 0)[rows].sum(-1, dtype=np.float64).mean())
