"""How much the next word changes, and how uncertain it gets, as more is hidden. Axis letters: W word, V vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from model_utils.distributions import entropy_bits, total_variation
from model_utils.errors import InputError
from model_utils.experiments.ablation import hidden_tokens, under_each_mask
from model_utils.limits import MAX_SWEEP_TOKENS
from model_utils.masks.mask import build_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import MaskSpec
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word

End = Literal["first", "last"]
ENDS: tuple[End, ...] = ("first", "last")


@dataclass(frozen=True, kw_only=True, eq=False)
class AblationCurve:
    """What hiding ever more words does, from one `end` of the sentence on. Point n has n words hidden; one always stays.

    `hidden` are the words in the order in which they are hidden, W - 1 of them; `change[W]` is the total variation, 0 to
    1, between the next word's probabilities with none of them hidden and with n hidden; `bits[W]` their entropy. NaN where
    the last row may read nothing.
    """

    end: End
    hidden: tuple[Word, ...]
    change: NDArray[np.float64]  # (W,)
    bits: NDArray[np.float64]  # (W,)

    def __post_init__(self) -> None:
        self.change.setflags(write=False)
        self.bits.setflags(write=False)


def orders(words: Sequence[Word], spec: MaskSpec) -> dict[End, tuple[Word, ...]]:
    """Return for each end the words in the order in which they are hidden: all but the one that stays.

    Words that `spec` hides are not among them.
    """
    gone = hidden_tokens(spec)
    shown = [word for word in words if not gone.issuperset(word.tokens)]
    return {"first": tuple(shown[:-1]), "last": tuple(reversed(shown[1:]))}


def ablation_curves(
    loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, words: Sequence[Word]
) -> tuple[AblationCurve, ...]:
    """Return the curve from either end of the sentence of `spec`, whose own hand mask stays in force throughout.

    The sentence runs alone, all its masks as rows of few batches. Raises InputError above MAX_SWEEP_TOKENS.
    """
    inner, rule = batch.alone(spec.sentence), replace(spec, sentence=0)
    if inner.size[1] > MAX_SWEEP_TOKENS:
        raise InputError(
            f"This sentence has {inner.size[1]} tokens, and hiding more and more of it is done up to "
            f"{MAX_SWEEP_TOKENS}: shorten it."
        )
    found = []
    for end, order in orders(words, spec).items():
        masks = [
            build_mask(
                replace(
                    rule, weights={**dict(rule.pairs), **{token: 0.0 for word in order[:n] for token in word.tokens}}
                ),
                inner,
            )
            for n in range(len(order) + 1)
        ]
        probabilities = under_each_mask(loaded, inner, masks)  # (W, V)
        empty = np.array([mask.blocked_rows[0, -1] for mask in masks])
        change = np.where(empty, np.nan, total_variation(probabilities, probabilities[:1]))
        found.append(
            AblationCurve(
                end=end, hidden=order, change=change, bits=np.where(empty, np.nan, entropy_bits(probabilities))
            )
        )
    return tuple(found)
