"""The caching decorators of one head's inside. Keys are the batch's and the mask's rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common.caches import cache
from pages.common.caches.cache_masks import mask
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.mechanics.token_loss import WordLosses
    from model_utils.mechanics.trace import HeadTrace
    from model_utils.mechanics.wrong_masks import NanSpread
    from model_utils.tokens.batch import BatchKey


# Some 26 bytes a cell: at most 16 x 27 MB for one sentence of 1,024 tokens, 0.03 MB for one of 32.
@shared(16)
def head_trace(key: BatchKey, spec: MaskSpec, *, layer: int, head: int) -> HeadTrace:
    """Return what one head computed on `spec.sentence` under the mask of `spec`."""
    from model_utils.mechanics.trace import record

    batch, built = cache.token_batch(key), mask(key, spec)
    with cache.gate():
        return record(cache.loaded_model(key.model), batch, built, sentence=spec.sentence, layer=layer, head=head)


@shared(64)
def nan_spread(key: BatchKey, spec: MaskSpec) -> NanSpread:
    """Return where a real pass with minus infinity in the mask of `spec` is NaN."""
    from model_utils.mechanics.wrong_masks import nan_spread

    batch, built = cache.token_batch(key), mask(key, spec)
    with cache.gate():
        return nan_spread(cache.loaded_model(key.model), batch, built, sentence=spec.sentence)


@shared(64)
def word_losses(key: BatchKey, spec: MaskSpec) -> WordLosses:
    """Return the loss of every token of `spec.sentence` under the mask of `spec`."""
    from model_utils.mechanics.token_loss import word_losses

    batch, built = cache.token_batch(key), mask(key, spec)
    with cache.gate():
        return word_losses(cache.loaded_model(key.model), batch, built, sentence=spec.sentence)
