"""What is kept of measured heads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.common.cache import gate, loaded_model, token_batch
from pages.heads.cache_attention import attention

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.heads.measures import Measures
    from model_utils.heads.search import KeyHidden
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import Side


# Some 36 bytes a head.
@st.cache_resource(show_spinner=False, max_entries=128)
def measures(model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec) -> Measures | None:
    """Return what every head does on one sentence; None where it has one token."""
    from model_utils.heads.measures import measure

    batch, maps = token_batch(model, texts, side, 50256), attention(model, texts, side, sentence, spec)
    with gate():
        return measure(maps, batch.input_ids[sentence], batch.first(sentence), batch.last(sentence))


# At most 32 x 0.6 MB.
@st.cache_resource(show_spinner=False, max_entries=32)
def value_sizes(model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec) -> NDArray[np.float32]:
    """Return how large what each head hands on from each token is, `[L, H, T]`."""
    from model_utils.heads import search
    from model_utils.masks.mask import build_mask

    batch = token_batch(model, texts, side, 50256)
    with gate():
        return search.value_sizes(loaded_model(model), batch, build_mask(spec, batch), sentence)


@st.cache_resource(show_spinner=False, max_entries=512)
def key_hidden(
    model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec, query: int, key: int
) -> KeyHidden:
    """Return what hiding one token of a sentence does to two predictions."""
    from model_utils.heads.search import hide_key

    batch = token_batch(model, texts, side, 50256)
    with gate():
        return hide_key(loaded_model(model), batch, replace(spec, sentence=sentence), query, key)


# At most 8 x 4 MB.
@st.cache_resource(show_spinner=False, max_entries=8)
def many_as_one(
    model: str, texts: tuple[str, ...], side: Side, sentence: int, spec: MaskSpec, kind: str, layer: int
) -> NDArray[np.float32]:
    """Return `[T, T]` the mean of the heads of `layer`, of all heads, or attention rollout up to `layer`, as `kind` says."""
    from model_utils.heads.rollout import layer_mean, overall_mean, rollout

    maps = attention(model, texts, side, sentence, spec)
    with gate():
        if kind == "layer":
            return layer_mean(maps, layer)
        return overall_mean(maps) if kind == "all heads" else rollout(maps)[layer].copy()
