"""What is kept of decoding steps whose full distribution was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common.caches.cache import gate, loaded_model
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.filters.full_distribution import FullDistribution
    from model_utils.generate.mask_policy import MaskPolicy


# At most 32 x 0.5 MB at GPT-2's vocabulary.
@shared(32)
def full_distribution(
    model: str, prompt: tuple[int, ...], drawn: tuple[int, ...], settings: SamplingSettings, policy: MaskPolicy
) -> FullDistribution:
    """Return the whole distribution of the step after `prompt` and `drawn`."""
    from model_utils.generate.filters.full_distribution import full_distribution

    mask = None if policy.plain else policy.mask(prompt, len(drawn))
    with gate():
        return full_distribution(loaded_model(model), prompt, settings, mask, drawn=drawn)


# At most 16 x 0.4 MB.
@shared(16)
def repeated_draws(
    model: str,
    prompt: tuple[int, ...],
    drawn: tuple[int, ...],
    settings: SamplingSettings,
    policy: MaskPolicy,
    draws: int,
) -> NDArray[np.int64]:
    """Return how often each token is drawn in `draws` draws of the step after `prompt` and `drawn`."""
    from model_utils.generate.filters.full_distribution import draw_many

    distribution = full_distribution(model, prompt, drawn, settings, policy)
    with gate():
        return draw_many(distribution, number=len(drawn), draws=draws)


# At most 16 x 4 kB; each is one run of the model and two passes.
@st.cache_resource(show_spinner="Drawing a text to compare with …", max_entries=16)
def beside_sampled(
    model: str, prompt: tuple[int, ...], text: tuple[int, ...], policy: MaskPolicy
) -> dict[str, tuple[tuple[int, ...], tuple[float, ...]]]:
    """Return a `beam` text and a `sampled` one of the same prompt and length: tokens, and the surprise of each in bits."""
    from model_utils.experiments.surprisal import new_token_bits
    from model_utils.generate.decode import decode_tokens
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.lane import Lane

    loaded = loaded_model(model)
    lane = Lane(prompt=prompt, settings=SamplingSettings(top_k=0, top_p=0.95), policy=policy)
    sampled, drawing = list[int](), decode_tokens(loaded, [lane], len(text))
    while True:
        with gate():  # for a step at a time: other readers' texts grow meanwhile
            steps = next(drawing, None)
        if steps is None:
            break
        sampled += [step.token_id for step in steps]
    with gate():
        return {
            name: (tokens, new_token_bits(loaded, prompt, tokens, policy.mask(prompt, len(tokens) - 1)))
            for name, tokens in (("beam", text), ("sampled", tuple(sampled)))
        }
