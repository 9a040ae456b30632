"""What is kept of heads: the attention maps of a batch under a mask, all heads as one picture, and what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model_utils.limits import MAX_ATTENTION_MB, SMALL_ATTENTION_MB, attention_megabytes
from pages.common.caches.cache import gate, loaded_model, token_batch
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.heads.measures import Habits, Measures
    from model_utils.heads.search import KeyHidden
    from model_utils.heads.thumbnails import Thumbnails
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.forward import AttentionMaps
    from model_utils.tokens.batch import BatchKey


def attention_size(batch_key: BatchKey) -> float:
    """Return the size in MB of the attention weights of the whole batch."""
    loaded, batch = loaded_model(batch_key.model), token_batch(batch_key)
    return attention_megabytes(loaded.layers, loaded.heads, batch.size[1], batch.size[0])


def attention(batch_key: BatchKey, sentence: int, spec: MaskSpec) -> AttentionMaps:
    """Return the maps of `sentence` under the mask of `spec`: one pass for all sentences where MAX_ATTENTION_MB allows it."""
    size = attention_size(batch_key)
    if size <= SMALL_ATTENTION_MB:
        return _small_batch_attention(batch_key, spec)[sentence]
    if size <= MAX_ATTENTION_MB:
        return _batch_attention(batch_key, spec)[sentence]
    return _sentence_attention(batch_key, spec, sentence)[0]


# At most 64 x 8 MB.
@shared(64)
def _small_batch_attention(batch_key: BatchKey, spec: MaskSpec) -> tuple[AttentionMaps, ...]:
    return _attention(batch_key, spec)


# At most 4 x 256 MB.
@shared(4)
def _batch_attention(batch_key: BatchKey, spec: MaskSpec) -> tuple[AttentionMaps, ...]:
    return _attention(batch_key, spec)


# At most 2 x half of MAX_SENTENCE_MB, since weights above FULL_PRECISION_MB are kept in half precision.
@shared(2)
def _sentence_attention(batch_key: BatchKey, spec: MaskSpec, sentence: int) -> tuple[AttentionMaps, ...]:
    return _attention(batch_key, spec, sentence)


def _attention(batch_key: BatchKey, spec: MaskSpec, sentence: int | None = None) -> tuple[AttentionMaps, ...]:
    """Return the maps of all sentences, or of one, from one forward pass under the mask of `spec`."""
    from model_utils.masks.mask import build_mask
    from model_utils.models.forward import attention_maps

    batch = token_batch(batch_key)
    with gate():
        return attention_maps(loaded_model(batch_key.model), batch, build_mask(spec, batch), sentence=sentence)


# A picture is at most some 0.3 MB.
@shared(64)
def all_heads(batch_key: BatchKey, sentence: int, spec: MaskSpec) -> tuple[Thumbnails, Habits | None]:
    """Return all heads of `sentence` as one picture, and the habits of each on this text."""
    from model_utils.heads.measures import habits
    from model_utils.heads.thumbnails import thumbnails

    maps, batch = attention(batch_key, sentence, spec), token_batch(batch_key)
    with gate():
        return thumbnails(maps), habits(maps, batch.first(sentence), batch.last(sentence))


# Some 36 bytes a head.
@shared(128)
def measures(batch_key: BatchKey, sentence: int, spec: MaskSpec) -> Measures | None:
    """Return what every head does on one sentence; None where it has one token."""
    from model_utils.heads.measures import measure

    batch, maps = token_batch(batch_key), attention(batch_key, sentence, spec)
    with gate():
        return measure(maps, batch.input_ids[sentence], batch.first(sentence), batch.last(sentence))


# At most 32 x 0.6 MB.
@shared(32)
def value_sizes(batch_key: BatchKey, sentence: int, spec: MaskSpec) -> NDArray[np.float32]:
    """Return how large what each head hands on from each token is, `[L, H, T]`."""
    from model_utils.heads import search
    from model_utils.masks.mask import build_mask

    batch = token_batch(batch_key)
    with gate():
        return search.value_sizes(loaded_model(batch_key.model), batch, build_mask(spec, batch), sentence)


@shared(512)
def key_hidden(batch_key: BatchKey, sentence: int, spec: MaskSpec, query: int, key: int) -> KeyHidden:
    """Return what hiding one token of a sentence does to two predictions."""
    from model_utils.heads.search import hide_key

    batch = token_batch(batch_key)
    with gate():
        return hide_key(loaded_model(batch_key.model), batch, replace(spec, sentence=sentence), query, key)


# At most 8 x 4 MB.
@shared(8)
def many_as_one(batch_key: BatchKey, sentence: int, spec: MaskSpec, kind: str, layer: int) -> NDArray[np.float32]:
    """Return `[T, T]` the mean of the heads of `layer`, of all heads, or attention rollout up to `layer`, as `kind` says."""
    from model_utils.heads.rollout import layer_mean, overall_mean, rollout

    maps = attention(batch_key, sentence, spec)
    with gate():
        if kind == "layer":
            return layer_mean(maps, layer)
        return overall_mean(maps) if kind == "all" else rollout(maps)[layer].copy()
