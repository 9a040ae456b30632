"""What attention says of each word, and what hiding it does: two strips over one sentence, and their correlation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from model_utils.limits import MAX_SWEEP_TOKENS, OPERATIONS_PER_SECOND, UNASKED_OPERATIONS
from model_utils.tokens.glyphs import spoken
from pages.common import figures, frame
from pages.common.caches import cache, cache_words
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.downloads import bar
from pages.common.markdown import literal
from pages.masks import cache as masks_cache
from pages.masks import rule_above

if TYPE_CHECKING:
    from model_utils.experiments.ablation import AttentionVsAblation
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page

# Correlations nearer to 0 than this are no tendency.
WEAK = 0.3


def attention_vs_ablation(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw attention and effect of each word. Raises InputError for a sentence that is too long for it."""
    from model_utils.experiments.batch_invariance import operations

    text = batch.texts[spec.sentence]
    tokens, count = len(batch.tokens[spec.sentence]), len(cache_words.words(page.model, text))
    cost = operations(cache.loaded_model(page.model), tokens * (count + 1))
    if tokens <= MAX_SWEEP_TOKENS and cost > UNASKED_OPERATIONS and not asked(page.model, text, cost, "mask_sweep"):
        return
    with st.spinner(f"Hiding {count} words, each in a row of its own …"):
        found = masks_cache.attention_vs_ablation(page.model, text, replace(spec, sentence=0, padding=True))
    if count == 1:
        st.markdown("**One word alone:** there is nothing to compare it with. Choose a longer sentence.")
        return
    said, done = found.attention, np.nan_to_num(found.change)
    rule_above.say(spec)
    with st.container(key="effect_shown"):
        _strip(found, said, "mask_said", "Attention says", "share of the last row, mean of all heads in all layers")
        effect = "share of the probability that goes to other words"
        _strip(found, done, "mask_done", "Hiding it changes the prediction by", effect)
        picture, verdict = st.columns([1.6, 1], gap="large", vertical_alignment="center")
        with picture:
            _points(found)
        with verdict:
            _verdict(found)
    bar("says-and-does", numbers=lambda: numbers(found), code=lambda: _code(page, spec, batch))


def asked(model: str, text: str, cost: float, key: str) -> bool:
    """Return whether the reader asked for work that takes long; draw the button `key` that asks."""
    agreed = st.session_state.setdefault("_mask_sweeps", set())
    if (model, text, key) in agreed:
        return True
    seconds = cost / OPERATIONS_PER_SECOND
    st.button(
        f"Hide every word in turn (about {seconds:.0f} s)", key=key, on_click=agreed.add, args=((model, text, key),)
    )
    return False


def _strip(found: AttentionVsAblation, values: np.ndarray, key: str, title: str, unit: str) -> None:
    """Draw the sentence with one number per word, tinted on the scale of weights."""
    from viz.masks.attention_vs_ablation import tint

    st.markdown(f"**{title}** :gray[· {unit}]")
    tokens = []
    for word, value, hidden, gone in zip(found.words, values, found.hidden, np.isnan(found.change), strict=True):
        background, colour = tint(float(value), frame.palette())
        note = "hidden" if hidden else "–" if gone and key == "mask_done" else percent(float(value))
        tokens.append(
            StripToken(
                text=word.label,
                state="hidden" if hidden else "plain",
                background="" if hidden else background,
                colour="" if hidden else colour,
                note=note,
                spoken=f"{spoken(word.label)}: {note}",
                clickable=False,
            )
        )
    tokens_strip(tokens, key=key, label=title, palette=frame.palette())


def _points(found: AttentionVsAblation) -> None:
    figure = figures.attention_vs_ablation(found, palette=frame.palette())
    plot(figure, "sweep", alt="One point per word: its attention, and the change when it is hidden")


def _verdict(found: AttentionVsAblation) -> None:
    """Say how well attention tells what hiding does."""
    r = found.correlation
    if r is not None:
        st.metric("Correlation", f"{r:.2f}".replace("-", "−"), help="Pearson’s r over the visible words.")
        if abs(r) < WEAK:
            tendency = "how much a word is read hardly tells how much hiding it changes the prediction"
        else:
            how = "more" if r > 0 else "less"
            tendency = f"the more a word is read, the {how} hiding it tends to change the prediction"
        st.markdown(
            f"Over all words: {tendency}. It is a tendency (1 would be a straight line, 0 none), and says nothing of one word."
        )
    done = np.where(found.hidden, -1, np.nan_to_num(found.change))
    said = np.where(found.hidden, -1, found.attention)
    most_said, most_done = (literal(found.words[int(values.argmax())].label) for values in (said, done))
    if most_said == most_done:
        st.markdown(f"Here both point to “{most_said}”. A high weight is no proof: hide the word and see.")
    else:
        st.markdown(
            f"Attention gives most to “{most_said}”, but hiding “{most_done}” changes most. "
            "A weight says what is read, not what matters."
        )


def numbers(found: AttentionVsAblation) -> pd.DataFrame:
    """Return one row per word: attention and change; empty where nothing is left to read."""
    return pd.DataFrame(
        {
            "word": [word.label for word in found.words],
            "attention": found.attention,
            "change": found.change,
            "hidden": found.hidden,
        }
    )


def _code(page: Page, spec: MaskSpec, batch: TokenBatch) -> str:
    from model_utils.snippets.ablation import attention_vs_ablation_code

    words = cache_words.words(page.model, batch.texts[spec.sentence])
    return attention_vs_ablation_code(page.entry, batch, replace(spec, padding=True), [word.tokens for word in words])
