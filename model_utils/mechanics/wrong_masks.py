"""How masks go wrong: wrong ways to apply one, fully blocked rows, NaN. Axis letters: L layer, Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import torch

from model_utils.masks.mask import FILLS
from model_utils.mechanics.trace import HeadTrace, softmax
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.attention import LayerTrace
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

# How a mask is applied to scores: as it should be, then three wrong ways.
Application = Literal["added", "after", "times", "zero"]
APPLICATIONS: tuple[Application, ...] = ("added", "after", "times", "zero")

# Fills from nothing to plenty: exp of anything below about -104 is exactly 0 in float32.
FILL_RANGE = (0.0, -1.0, -2.0, -5.0, -10.0, -20.0, -50.0, -100.0, -200.0, -1_000.0, -10_000.0)


def apply_mask(
    application: Application, scores: NDArray[np.float32], visible: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the weights `[Q, K]` that `scores` and `visible` (1 or 0) make when the mask is applied in this way.

    `added`: minus infinity is added to blocked scores, as it should be. `after`: the softmax runs over everything, and
    blocked weights are then set to 0. `times`: the scores are multiplied by 1 or 0. `zero`: 0 is added to blocked
    scores in the place of minus infinity, as the mask of ones and zeros of a lecture does when nobody converts it.
    """
    if application == "added":
        return softmax(np.where(visible > 0, scores, np.float32(FILLS["min"])))
    if application == "after":
        return softmax(scores) * visible
    if application == "times":
        return softmax(scores * visible)
    return softmax(scores)


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightShares:
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
        return self.allowed + self.blocked

    @property
    def blocked(self) -> NDArray[np.float64]:
        """Return the weight of each row on blocked cells."""
        return self.later + self.pads + self.hand + self.pattern


def weight_shares(head: HeadTrace, application: Application) -> WeightShares:
    """Return where the weight of each row goes when the mask of `head` is applied in this way."""
    weights = apply_mask(application, head.scores, (~head.blocked).astype(np.float32)).astype(np.float64)  # (Q, K)
    pads = head.causes["padding"]
    later = head.causes["causal"] & ~pads

    def on(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.where(cells, weights, 0).sum(-1))

    rest = head.blocked & ~later & ~pads
    hand = head.causes["hand"]
    return WeightShares(
        allowed=on(~head.blocked), later=on(later), pads=on(pads), hand=on(rest & hand), pattern=on(rest & ~hand)
    )


def weight_shares_table(found: Mapping[Application, WeightShares], labels: Sequence[str], rows: slice) -> pd.DataFrame:
    """Return where the weight of each of `rows` lies, a line per way and row, and the sum that should be 1."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "way": application,
                    "query": range(len(labels))[rows],
                    "query_token": labels[rows],
                    "may_read": one.allowed[rows],
                    "later_words": one.later[rows],
                    "pads": one.pads[rows],
                    "hidden_by_hand": one.hand[rows],
                    "outside_pattern": one.pattern[rows],
                    "sum": one.total[rows],
                }
            )
            for application, one in found.items()
        ],
        ignore_index=True,
    )


def by_fill_value(head: HeadTrace, query: int, *, all_blocked: bool = False) -> dict[str, NDArray[np.float32]]:
    """Return for every fill the weights `[K]` of the row `query`, from the same scores.

    `all_blocked` blocks the whole row, whatever the mask leaves visible in it.
    """
    if not all_blocked:
        return {fill: head.under(fill)[1][query] for fill in FILLS}
    return {fill: softmax(head.scores[query : query + 1] + np.float32(value))[0] for fill, value in FILLS.items()}


def fill_value_table(
    unchanged: Mapping[str, NDArray[np.float32]], blocked: Mapping[str, NDArray[np.float32]], labels: Sequence[str]
) -> pd.DataFrame:
    """Return the weight of every key under each fill, a line each: in a row as it is, in one all blocked."""
    return pd.DataFrame(
        [
            {"row": row, "fill": fill, "key": key, "key_token": labels[key], "weight": weight}
            for row, rows in (("as it is", unchanged), ("all blocked", blocked))
            for fill, weights in rows.items()
            for key, weight in enumerate(weights.tolist())
        ]
    )


def blocked_share_by_fill(head: HeadTrace, query: int) -> NDArray[np.float64]:
    """Return for every fill of FILL_RANGE the share of the row `query` that is still on blocked cells."""
    blocked = head.blocked[query]
    bias = np.where(blocked, np.asarray(FILL_RANGE, dtype=np.float32)[:, None], head.bias[query])  # (fill, K)
    return np.asarray(np.where(blocked, softmax(head.scores[query] + bias), 0).sum(-1, dtype=np.float64))


@dataclass(frozen=True, kw_only=True, eq=False)
class NanSpread:
    """Where a pass with minus infinity in its mask is NaN: `rows[L, T]` of each layer's weights, `logits[T]`."""

    rows: NDArray[np.bool_]  # (L, T)
    logits: NDArray[np.bool_]  # (T,)


class _NanRows(list["LayerTrace"]):
    """A trace that keeps of each layer only which rows are NaN."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[NDArray[np.bool_]] = []

    def append(self, item: LayerTrace) -> None:
        self.rows.append(torch.isnan(item.weights[0]).any(-1).any(0).numpy())  # (Q,)


def nan_spread(loaded: LoadedModel, batch: TokenBatch, mask: Mask, *, sentence: int) -> NanSpread:
    """Return where the whole model, really run with minus infinity as the fill, computes NaN on `sentence`."""
    kept = _NanRows()
    bias, one = mask.bias(FILLS["-inf"]), slice(sentence, sentence + 1)
    out = forward(loaded, batch.input_ids, bias, mask.position_ids, rows=one, trace=kept, logits="none")
    # Every logit of a NaN row is NaN.
    return NanSpread(rows=np.stack(kept.rows), logits=torch.isnan(out.hidden[0]).any(-1).numpy())


def nan_table(found: NanSpread, labels: Sequence[str]) -> pd.DataFrame:
    """Return for each token, a line each, whether its row is NaN in every layer and in the next-word probabilities."""
    columns = {f"layer_{layer}": rows for layer, rows in enumerate(found.rows)}
    return pd.DataFrame({"token": labels, **columns, "next_words": found.logits})
