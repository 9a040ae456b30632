"""The only caching decorators, and the gate that bounds work under way at once. Keys are strings and numbers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.registry import BUNDLED_FOLDER, registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.loading import LoadedModel
    from model_utils.tokens import Side, TokenBatch

# Forward passes under way at once on the server; torch already uses every core for one.
_GATE = threading.BoundedSemaphore(2)


@contextmanager
def gate() -> Iterator[None]:
    """Hold one of the few places for heavy computation while the block runs."""
    with _GATE:
        yield


@st.cache_resource(show_spinner=False)
def loaded_model(model: str) -> LoadedModel:
    """Return the model `model`, loaded once per server and shared by all sessions."""
    from model_utils.loading import load_model

    entry = registry()[model]
    return load_model(entry, BUNDLED_FOLDER)


@st.cache_resource(show_spinner=False, max_entries=64)
def token_batch(model: str, texts: tuple[str, ...], side: Side, pad_id: int) -> TokenBatch:
    """Return the padded batch of `texts` with the tokenizer of `model`."""
    from model_utils.tokens import encode

    loaded = loaded_model(model)
    return encode(loaded.tokenizer, texts, side=side, pad_id=pad_id, max_tokens=loaded.context)


@st.cache_resource(show_spinner=False, max_entries=64)
def toy_chances(model: str, sentence: str, hidden: frozenset[int]) -> NDArray[np.float64]:
    """Return the next-word chances `[V]` of `sentence` with the tokens `hidden` masked by hand, positions kept."""
    from model_utils.masks import MaskSpec, build_mask
    from model_utils.prediction import next_chances

    batch = token_batch(model, (sentence,), "left", 50256)
    mask = build_mask(MaskSpec(weights=dict.fromkeys(hidden, 0.0)), batch)
    with gate():
        chances = next_chances(loaded_model(model), batch, mask)[0]
    chances.setflags(write=False)
    return chances
