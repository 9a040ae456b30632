"""Hiding more and more: how much the next word changes, and how uncertain it gets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from pages.common import frame
from pages.common.caches import cache, cache_words
from pages.common.components.plot import plot
from pages.common.downloads import bar
from pages.masks import cache as masks_cache
from pages.masks.attention_vs_ablation import asked

if TYPE_CHECKING:
    from model_utils.experiments.ablation_curve import AblationCurve
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page

TITLES = {"first": "from the first word on", "last": "from the last word back"}


def more(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw change and entropy as more is hidden, from either end. Raises InputError for a sentence too long for it."""
    from model_utils.experiments.ablation import hidden_tokens
    from model_utils.experiments.batch_invariance import operations
    from model_utils.limits import MAX_SWEEP_TOKENS, UNASKED_OPERATIONS

    text, hidden = batch.texts[spec.sentence], hidden_tokens(spec)
    tokens, count = len(batch.tokens[spec.sentence]), len(cache_words.words(page.model, text))
    if count - len({word for word in cache_words.words(page.model, text) if hidden.issuperset(word.tokens)}) < 2:
        st.markdown("**One word alone:** hide it and nothing is left to read. Choose a longer sentence.")
        return
    cost = operations(cache.loaded_model(page.model), tokens * 2 * count)
    if tokens <= MAX_SWEEP_TOKENS and cost > UNASKED_OPERATIONS and not asked(page.model, text, cost, "mask_more"):
        return
    with st.spinner(f"Hiding up to {count - 1} words from either end …"):
        found = masks_cache.ablation_curves(page.model, text, replace(spec, sentence=0, padding=True))
    _figure(found, further=bool(hidden))
    st.markdown(_sentence(found, further=bool(hidden)))
    bar("more-and-more", numbers=lambda: numbers(found), code=lambda: _code(page, spec, batch))


def _figure(found: tuple[AblationCurve, ...], *, further: bool) -> None:
    from viz.masks.ablation_curve import Curve
    from viz.masks.ablation_curve import ablation_curve as draw

    curves = {
        TITLES[one.end]: Curve(change=one.change, bits=one.bits, words=[word.label for word in one.hidden])
        for one in found
    }
    plot(
        draw(curves, palette=frame.palette(), further=further),
        "more",
        alt="Two lines per panel over the number of hidden words: how much the next word changes, how uncertain it is",
    )


def _sentence(found: tuple[AblationCurve, ...], *, further: bool) -> str:
    """Return what the curves show: the first hidden word at either end."""
    first, last = (one.change[1] for one in found)
    one = "one further word" if further else "one word"
    if not np.isfinite([first, last]).all():
        return "**Where a line breaks off, the last row may read nothing at all:** its numbers would mean nothing."
    return (
        f"**Hiding {one} changes the prediction by {percent(first)} at the start of the sentence, by {percent(last)} at its "
        "end.**"
    )


def numbers(found: tuple[AblationCurve, ...]) -> pd.DataFrame:
    """Return one line per point: the end, how many words are hidden, the last of them, change and entropy in bits."""
    return pd.DataFrame(
        [
            {
                "hidden_from": one.end,
                "hidden": n,
                "word": one.hidden[n - 1].label if n else "",
                "total_variation": one.change[n],
                "entropy_bits": one.bits[n],
            }
            for one in found
            for n in range(len(one.change))
        ]
    )


def _code(page: Page, spec: MaskSpec, batch: TokenBatch) -> str:
    from model_utils.snippets.ablation import ablation_curve_code

    words = cache_words.words(page.model, batch.texts[spec.sentence])
    return ablation_curve_code(page.entry, batch, replace(spec, padding=True), words)
