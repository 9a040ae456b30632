"""What is kept of the plane of k and p, and of models whose texts are taken home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.models.registry import model_folder, registry
from pages.common.caches.cache import gate, loaded_model
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.compare.kp_plane import Ranked


# At most 32 x 0.2 MB at GPT-2's vocabulary.
@shared(32)
def step_logits(model: str, ids: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the scores `[V]` of the word after `ids`."""
    from model_utils.generate.filters.full_distribution import next_logits

    with gate():
        logits = next_logits(loaded_model(model), ids)
    logits.setflags(write=False)
    return logits


# At most 16 x 1.2 MB.
@shared(16)
def ranked(model: str, ids: tuple[int, ...], temperature: float) -> Ranked:
    """Return the ranking of the words after `ids` at a temperature."""
    from model_utils.compare.kp_plane import rank

    return rank(step_logits(model, ids), temperature)


@st.cache_resource(show_spinner="Reading the weights for their hash …", max_entries=16)
def weights_hash(model: str) -> str:
    """Return the SHA-256 of the weights of `model`; some seconds for the largest."""
    from model_utils.models.files import weights_hash

    return weights_hash(model_folder(registry()[model]))
