"""The caching decorators of the mask pages; see cache.py. Keys are strings, numbers and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_utils.tokens.batch import BatchKey
from pages.common.caches.cache import gate, loaded_model, token_batch
from pages.common.caches.cache_shared import shared
from pages.common.caches.cache_words import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.experiments.ablation import AttentionVsAblation
    from model_utils.experiments.ablation_curve import AblationCurve
    from model_utils.experiments.claims import Emphasis, Half, Track
    from model_utils.experiments.soft_weights import SoftMaskRun
    from model_utils.masks.mask import MaskSpec


# 64 x 0.4 MB.
@shared(64)
def next_word(key: BatchKey, spec: MaskSpec) -> NDArray[np.float64]:
    """Return the probabilities `[V]` of the next word of the sentence of `spec`, under that rule, read-only."""
    from model_utils.experiments import ablation

    with gate():
        probabilities = ablation.next_word(loaded_model(key.model), token_batch(key), spec)
    probabilities.setflags(write=False)
    return probabilities


@shared(256)
def uncertainty(key: BatchKey, spec: MaskSpec) -> float:
    """Return the entropy of that next word, in bits."""
    from model_utils.distributions import entropy_bits

    return float(entropy_bits(next_word(key, spec)))


@shared(256)
def moved(key: BatchKey, before: MaskSpec, after: MaskSpec) -> float:
    """Return how far that next word's probabilities move between two rules, as total variation."""
    from model_utils.distributions import total_variation

    return float(total_variation(next_word(key, before), next_word(key, after)))


@shared(64)
def attention_vs_ablation(model: str, text: str, spec: MaskSpec) -> AttentionVsAblation:
    """Return what attention says of each word of one sentence and what hiding it does; `spec` is for sentence 0."""
    from model_utils.experiments import ablation

    batch = token_batch(BatchKey(model, (text,)))
    with gate():
        return ablation.attention_vs_ablation(loaded_model(model), batch, spec, words(model, text))


@shared(64)
def ablation_curves(model: str, text: str, spec: MaskSpec) -> tuple[AblationCurve, ...]:
    """Return what hiding more and more words of one sentence does, from either end; `spec` is for sentence 0."""
    from model_utils.experiments import ablation_curve

    batch = token_batch(BatchKey(model, (text,)))
    with gate():
        return ablation_curve.ablation_curves(loaded_model(model), batch, spec, words(model, text))


# 32 x 4 x 0.4 MB.
@shared(32)
def soft_mask_runs(model: str, text: str, tokens: tuple[int, ...], weight: float) -> tuple[SoftMaskRun, ...]:
    """Return what `weight` on `tokens` of one sentence does under each kind of mask."""
    from model_utils.experiments.soft_weights import run_soft_masks

    batch = token_batch(BatchKey(model, (text,)))
    with gate():
        return run_soft_masks(loaded_model(model), batch, tokens, weight)


@shared(8)
def emphasis(model: str) -> Emphasis:
    """Return what a mask does to `fox`."""
    from model_utils.experiments import claims

    with gate():
        return claims.emphasis(loaded_model(model))


@shared(8)
def half(model: str) -> Half:
    """Return what 0.5 does to `jumps`."""
    from model_utils.experiments import claims

    with gate():
        return claims.half(loaded_model(model))


@shared(64)
def track(key: BatchKey, sentence: int) -> Track:
    """Return what leaving the mask out does to one sentence."""
    from model_utils.experiments import claims

    with gate():
        return claims.track(loaded_model(key.model), token_batch(key), sentence)
