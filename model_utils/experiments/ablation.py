"""What hiding words does to the next word. Axis letters: T token, W word, L layer, H head, V vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from model_utils.distributions import total_variation
from model_utils.errors import InputError
from model_utils.limits import MAX_ATTENTION_MB, MAX_SWEEP_TOKENS, attention_megabytes
from model_utils.masks.mask import Mask, MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.next_word import next_probabilities
from model_utils.tokens.batch import TokenBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.words import Word

# Words that a correlation takes: with fewer, one of them decides it.
FEWEST_WORDS = 8


def plain(spec: MaskSpec) -> MaskSpec:
    """Return the causal and padding mask of the sentence of `spec`, without anything else: what "before" means."""
    return MaskSpec(sentence=spec.sentence)


def hidden_tokens(spec: MaskSpec) -> frozenset[int]:
    """Return the tokens that `spec` hides by hand; softened ones are not among them."""
    return frozenset(token for token, weight in spec.pairs if np.float32(weight) == 0)


def scope(batch: TokenBatch, spec: MaskSpec) -> tuple[TokenBatch, MaskSpec]:
    """Return the smallest (batch, rule) that gives the sentence of `spec` its true answer.

    That is the sentence alone, unless the padding mask is off: then its pads are read, and its row needs them.
    """
    if spec.padding:
        return batch.alone(spec.sentence), replace(spec, sentence=0)
    return batch, spec


def reads_nothing(batch: TokenBatch, spec: MaskSpec) -> bool:
    """Return whether the row that predicts the next word may read no word at all, so that its answer means nothing."""
    inner, rule = scope(batch, spec)
    return bool(build_mask(rule, inner).blocked_rows[rule.sentence, inner.last(rule.sentence)])


def next_word(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> NDArray[np.float64]:
    """Return the probabilities `[V]` of the next word of the sentence of `spec`, under that rule."""
    inner, rule = scope(batch, spec)
    return np.asarray(next_probabilities(loaded, inner, build_mask(rule, inner))[rule.sentence])


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionVsAblation:
    """Each word of a sentence: what attention gives it, and what hiding it does.

    `attention[W]` is its weight in the last row, the mean over all layers and heads, summed over its pieces;
    `change[W]` the total variation between the next word's probabilities with it and without it, NaN where without it nothing
    is left to read; `hidden[W]` is True for words that the hand mask hid already: they are left out of the correlation.
    """

    words: tuple[Word, ...]
    attention: NDArray[np.float64]  # (W,)
    change: NDArray[np.float64]  # (W,)
    hidden: NDArray[np.bool_]  # (W,)

    @property
    def correlation(self) -> float | None:
        """Return Pearson's r over the visible words; None below FEWEST_WORDS, or where attention or change is constant."""
        counted = ~self.hidden & ~np.isnan(self.change)
        one, other = self.attention[counted], self.change[counted]
        if one.size < FEWEST_WORDS or one.std() < 1e-12 or other.std() < 1e-12:
            return None
        return float(np.corrcoef(one, other)[0, 1])


def attention_vs_ablation(
    loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, words: Sequence[Word]
) -> AttentionVsAblation:
    """Return what attention gives each word and what hiding it does: one row per word, run as one batch.

    The batch goes in parts where a layer's attention would take more than MAX_ATTENTION_MB. Raises InputError for a
    sentence of more than MAX_SWEEP_TOKENS.
    """
    inner, rule = batch.alone(spec.sentence), replace(spec, sentence=0)
    T = inner.size[1]
    if T > MAX_SWEEP_TOKENS:
        raise InputError(
            f"This sentence has {T} tokens, and hiding each word in turn is done up to {MAX_SWEEP_TOKENS}: shorten it."
        )
    base = build_mask(rule, inner)
    weights = attention_maps(loaded, inner, base)[0].weights.astype(np.float64)  # (L, H, T, T)
    read = weights[:, :, -1].mean((0, 1))  # (T,)
    without = [build_mask(replace(rule, weights={**dict(rule.pairs), **_zeros(word)}), inner) for word in words]
    probabilities = under_each_mask(loaded, inner, [base, *without])  # (1 + W, V)
    empty = np.array([mask.blocked_rows[0, -1] for mask in without])
    hidden = hidden_tokens(spec)
    return AttentionVsAblation(
        words=tuple(words),
        attention=np.array([read[list(word.tokens)].sum() for word in words]),
        change=np.where(empty, np.nan, total_variation(probabilities[1:], probabilities[:1])),
        hidden=np.array([hidden.issuperset(word.tokens) for word in words]),
    )


def _zeros(word: Word) -> dict[int, float]:
    return dict.fromkeys(word.tokens, 0.0)


def under_each_mask(loaded: LoadedModel, alone: TokenBatch, masks: Sequence[Mask]) -> NDArray[np.float64]:
    """Return the next word's probabilities `[W, V]` of one sentence under each of `masks`, as rows of one batch."""
    rows = max(1, int(MAX_ATTENTION_MB / attention_megabytes(1, loaded.heads, alone.size[1])))
    parts = [masks[start : start + rows] for start in range(0, len(masks), rows)]
    return np.concatenate([next_probabilities(loaded, _copies(alone, len(part)), _stack(part)) for part in parts])


def _copies(alone: TokenBatch, count: int) -> TokenBatch:
    return TokenBatch(
        texts=alone.texts * count,
        tokens=alone.tokens * count,
        input_ids=alone.input_ids.repeat(count, 0),
        attention_mask=alone.attention_mask.repeat(count, 0),
        position_ids=alone.position_ids.repeat(count, 0),
        side=alone.side,
        pad_id=alone.pad_id,
    )


def _stack(masks: Sequence[Mask]) -> Mask:
    return Mask(
        visible=np.concatenate([mask.visible for mask in masks]),
        cause=np.concatenate([mask.cause for mask in masks]),
        causes={},
        position_ids=np.concatenate([mask.position_ids for mask in masks]),
    )
