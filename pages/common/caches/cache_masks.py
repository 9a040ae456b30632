"""The caching decorators of the masks' matrices. Keys are the model's id, the texts, the side and the mask's rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common.caches.cache import gate, loaded_model, token_batch
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.experiments.pattern_runs import PatternRun
    from model_utils.experiments.soft_weights import SoftRow
    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.tokens.batch import BatchKey


# A mask takes some 14 bytes a cell and sentence.
_SMALL_CELLS = 2**20


def mask(key: BatchKey, spec: MaskSpec) -> Mask:
    """Return the mask of `spec` over the padded batch of `key`."""
    sentences, tokens = token_batch(key).size
    keep = _small_mask if sentences * tokens**2 <= _SMALL_CELLS else _large_mask
    return keep(key, spec)


# At most 32 x 15 MB.
@shared(32)
def _small_mask(key: BatchKey, spec: MaskSpec) -> Mask:
    return _mask(key, spec)


# At most 235 MB, for 16 sentences of 1,024 tokens.
@shared(1)
def _large_mask(key: BatchKey, spec: MaskSpec) -> Mask:
    return _mask(key, spec)


def _mask(key: BatchKey, spec: MaskSpec) -> Mask:
    from model_utils.masks.mask import build_mask

    return build_mask(spec, token_batch(key))


# 0.4 MB each.
@shared(128)
def pattern_run(key: BatchKey, spec: MaskSpec) -> PatternRun:
    """Return what the model predicts on `spec.sentence` under the mask of `spec`."""
    from model_utils.experiments.pattern_runs import run

    with gate():
        return run(loaded_model(key.model), token_batch(key), spec)


@shared(128)
def row_shifts(key: BatchKey, before: MaskSpec, after: MaskSpec) -> NDArray[np.float64]:
    """Return `[N]` how far each real row's next-word probabilities move between two masks, as total variation."""
    from model_utils.experiments.surprisal import row_shifts
    from model_utils.masks.mask import build_mask

    batch = token_batch(key)
    was, now = (build_mask(spec, batch) for spec in (before, after))
    with gate():
        return row_shifts(loaded_model(key.model), batch, was, now, before.sentence)


# 2 MB each for 1,024 tokens.
@shared(32)
def receptive_field(key: BatchKey, spec: MaskSpec) -> NDArray[np.int16]:
    """Return `[T, T]` after how many layers each row of `spec.sentence` depends on each token."""
    from model_utils.masks.receptive_field import receptive_field

    return receptive_field(mask(key, spec), spec.sentence, loaded_model(key.model).layers)


@shared(128)
def soft_row(key: BatchKey, spec: MaskSpec, cell: tuple[int, int]) -> SoftRow:
    """Return the row of layer 0 whose key is softened."""
    from model_utils.experiments.soft_weights import soft_row

    with gate():
        return soft_row(loaded_model(key.model), token_batch(key), spec, cell)


@shared(512)
def share_in_run(key: BatchKey, spec: MaskSpec, *, cell: tuple[int, int], head: int, weight: float) -> float:
    """Return the share that the key keeps in a real run with `weight` on it."""
    from model_utils.experiments.soft_weights import share_in_run

    batch = token_batch(key)
    with gate():
        return share_in_run(loaded_model(key.model), batch, spec, cell, head=head, weight=weight)
