"""What is kept of attention maps: the weights of a batch under a mask, and all heads as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.limits import MAX_ATTENTION_MB, SMALL_ATTENTION_MB, attention_megabytes
from pages.common.cache import gate, loaded_model, token_batch

if TYPE_CHECKING:
    from model_utils.heads.patterns import Habits, Thumbnails
    from model_utils.masks.mask import MaskSpec
    from model_utils.models.forward import AttentionMaps
    from model_utils.tokens.batch import Side


def attention_size(model: str, texts: tuple[str, ...], side: Side) -> float:
    """Return the size in MB of the attention weights of the whole batch."""
    loaded, batch = loaded_model(model), token_batch(model, texts, side, 50256)
    return attention_megabytes(loaded.layers, loaded.heads, batch.size[1], batch.size[0])


def attention(model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec) -> AttentionMaps:
    """Return the maps of `sentence` under the mask of `spec`: one pass for all sentences where MAX_ATTENTION_MB allows it."""
    size = attention_size(model, texts, side)
    if size <= SMALL_ATTENTION_MB:
        return _small_batch_attention(model, texts, side, spec)[sentence]
    if size <= MAX_ATTENTION_MB:
        return _batch_attention(model, texts, side, spec)[sentence]
    return _sentence_attention(model, texts, side, spec, sentence)[0]


# At most 64 x 8 MB.
@st.cache_resource(show_spinner=False, max_entries=64)
def _small_batch_attention(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> tuple[AttentionMaps, ...]:
    return _attention(model, texts, side, spec)


# At most 4 x 256 MB.
@st.cache_resource(show_spinner=False, max_entries=4)
def _batch_attention(model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec) -> tuple[AttentionMaps, ...]:
    return _attention(model, texts, side, spec)


# At most 2 x half of MAX_SENTENCE_MB, since weights above FULL_PRECISION_MB are kept in half precision.
@st.cache_resource(show_spinner=False, max_entries=2)
def _sentence_attention(
    model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec, sentence: int
) -> tuple[AttentionMaps, ...]:
    return _attention(model, texts, side, spec, sentence)


def _attention(
    model: str, texts: tuple[str, ...], side: Side, spec: MaskSpec, sentence: int | None = None
) -> tuple[AttentionMaps, ...]:
    """Return the maps of all sentences, or of one, from one forward pass under the mask of `spec`."""
    from model_utils.masks.mask import build_mask
    from model_utils.models.forward import attention_maps

    batch = token_batch(model, texts, side, 50256)
    with gate():
        return attention_maps(loaded_model(model), batch, build_mask(spec, batch), sentence=sentence)


# A picture is at most some 0.3 MB.
@st.cache_resource(show_spinner=False, max_entries=64)
def all_heads(
    model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec
) -> tuple[Thumbnails, Habits | None]:
    """Return all heads of `sentence` as one picture, and the habits of each on this text."""
    from model_utils.heads.patterns import habits, thumbnails

    maps, batch = attention(model, texts, side, sentence, spec), token_batch(model, texts, side, 50256)
    with gate():
        return thumbnails(maps), habits(maps, batch.first(sentence), batch.last(sentence))
