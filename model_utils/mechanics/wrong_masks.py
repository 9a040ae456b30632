"""How masks go wrong: wrong ways to apply one, fully blocked rows, NaN. Axis letters: L layer, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from model_utils.mechanics.trace import FILLS, HeadTrace, softmax
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.forward import LayerTrace
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

Way = Literal["added", "after", "times", "zero"]
WAYS: tuple[Way, ...] = ("added", "after", "times", "zero")

# Fills from nothing to plenty: exp of anything below about -104 is exactly 0 in float32.
DEPTHS = (0.0, -1.0, -2.0, -5.0, -10.0, -20.0, -50.0, -100.0, -200.0, -1_000.0, -10_000.0)


def wrong_way(way: Way, scores: NDArray[np.float32], visible: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights `[Q, K]` that `scores` and `visible` (1 or 0) make when the mask is applied in one `way`.

    `added`: minus infinity is added to blocked scores, as it should be. `after`: the softmax runs over everything, and
    blocked weights are then set to 0. `times`: the scores are multiplied by 1 or 0. `zero`: 0 is added to blocked
    scores in the place of minus infinity, as the mask of ones and zeros of a lecture does when nobody converts it.
    """
    if way == "added":
        return softmax(np.where(visible > 0, scores, np.float32(FILLS["min"])))
    if way == "after":
        return softmax(scores) * visible
    if way == "times":
        return softmax(scores * visible)
    return softmax(scores)


@dataclass(frozen=True, kw_only=True, eq=False)
class Damage:
    """Where the weight of each row goes, `[Q]` each: cells that it may read, later words, pads, hidden by hand, by pattern.

    The five add up to the row's sum, which should be 1.
    """

    allowed: NDArray[np.float64]
    later: NDArray[np.float64]
    pads: NDArray[np.float64]
    hand: NDArray[np.float64]
    pattern: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.float64]:
        """Return the sum of each row."""
        return self.allowed + self.leaked

    @property
    def leaked(self) -> NDArray[np.float64]:
        """Return the weight of each row on blocked cells."""
        return self.later + self.pads + self.hand + self.pattern


def damage(head: HeadTrace, way: Way) -> Damage:
    """Return where the weight of each row goes when the mask of `head` is applied in one `way`."""
    weights = wrong_way(way, head.scores, (~head.blocked).astype(np.float32)).astype(np.float64)  # (Q, K)
    pads = head.causes["padding"]
    later = head.causes["causal"] & ~pads

    def on(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.where(cells, weights, 0).sum(-1))

    rest = head.blocked & ~later & ~pads
    hand = head.causes["hand"]
    return Damage(
        allowed=on(~head.blocked), later=on(later), pads=on(pads), hand=on(rest & hand), pattern=on(rest & ~hand)
    )


def by_fill_value(head: HeadTrace, query: int, *, all_blocked: bool = False) -> dict[str, NDArray[np.float32]]:
    """Return for every fill the weights `[K]` of the row `query`, from the same scores.

    `all_blocked` blocks the whole row, whatever the mask says of it.
    """
    if not all_blocked:
        return {fill: head.under(fill)[1][query] for fill in FILLS}
    return {fill: softmax(head.scores[query : query + 1] + np.float32(value))[0] for fill, value in FILLS.items()}


def leak_by_fill(head: HeadTrace, query: int) -> NDArray[np.float64]:
    """Return for every fill of DEPTHS the share of the row `query` that is still on blocked cells."""
    blocked = head.blocked[query]
    bias = np.where(blocked, np.asarray(DEPTHS, dtype=np.float32)[:, None], head.bias[query])  # (fill, K)
    return np.asarray(np.where(blocked, softmax(head.scores[query] + bias), 0).sum(-1, dtype=np.float64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """Where a pass with minus infinity in its mask is NaN: `rows[L, T]` of each layer's weights, `logits[T]`."""

    rows: NDArray[np.bool_]  # (L, T)
    logits: NDArray[np.bool_]  # (T,)


class _NotNumbers(list["LayerTrace"]):
    """A trace that keeps of each layer only which rows are NaN."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[NDArray[np.bool_]] = []

    def append(self, item: LayerTrace) -> None:
        self.rows.append(torch.isnan(item.weights[0]).any(-1).any(0).numpy())  # (Q,)


def spread(loaded: LoadedModel, batch: TokenBatch, mask: Mask, *, sentence: int) -> Spread:
    """Return where the whole model, really run with minus infinity as the fill, computes NaN on `sentence`."""
    kept = _NotNumbers()
    bias, one = mask.bias(FILLS["-inf"]), slice(sentence, sentence + 1)
    out = forward(loaded, batch.input_ids, bias, mask.position_ids, rows=one, trace=kept, logits="none")
    # Every logit of a NaN row is NaN.
    return Spread(rows=np.stack(kept.rows), logits=torch.isnan(out.hidden[0]).any(-1).numpy())
