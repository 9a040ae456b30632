"""The tools under the sentence: undo, a mask value for one word, examples, the mask as text, what can be taken home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.masks.examples import BY_NAME, EXAMPLES, MASK_TEXT
from pages.common import controls, example_list, mask_state
from pages.common import downloads as home
from pages.common.caches import cache, cache_words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word
    from pages.common.frame import Page

# What a mask value between 0 and 1 means here, and what it is elsewhere taken for.
SOFTENED = (
    "A mask value m adds log m to the score: the attention weight times m, before the row is divided by its sum. In an "
    "`attention_mask` of transformers any m but 0 counts as 1."
)

# Rows of the table that is taken home: the likeliest words before and after.
TABLE_WORDS = 50


def row(page: Page, spec: MaskSpec, words: Sequence[Word]) -> DeltaGenerator:
    """Draw the row of tools, and return it: what is in force stands there too, where a line of its own would take height."""
    tools = st.container(horizontal=True, vertical_alignment="center", key="mask_tools")
    with tools:
        mask_state.undo_buttons()
        soften = st.popover("Soften a word", icon=":material/opacity:", key="mask_soften", on_change="rerun")
        if soften.open:
            with soften:
                _soften(spec, words)
        example_list.draw(
            EXAMPLES,
            key="mask_examples",
            caption="Each brings its own sentence; Undo brings yours back.",
            use=use_example,
            model=page.model,
        )
        as_text = st.popover("As text", icon=":material/link:", key="mask_text", on_change="rerun")
        if as_text.open:
            with as_text:
                st.caption("What the link carries. Tokens count from 0; a word may be several.")
                mask_state.hand_fields()
        if any(len(word.tokens) > 1 for word in words):
            st.toggle("By pieces", key="mask_pieces", help="Hide single pieces of words instead of whole words.")
    example_list.say_model(EXAMPLES, page.text, page.entry)
    return tools


def _soften(spec: MaskSpec, words: Sequence[Word]) -> None:
    """Draw the choice of a word and its mask value."""
    weights = dict(spec.pairs)
    state = st.session_state
    if state.get("mask_soft_word", 0) not in range(len(words)):
        state["mask_soft_word"] = 0
    place = st.selectbox(
        "Word",
        range(len(words)),
        format_func=controls.told_apart([word.label for word in words]).__getitem__,
        key="mask_soft_word",
    )
    tokens = words[place].tokens
    weight = min(weights.get(token, 1.0) for token in tokens)
    controls.hold("mask_soft_weight", weight)
    st.slider(
        "Mask value m",
        0.0,
        1.0,
        weight,
        step=0.05,
        key="mask_soft_weight",
        on_change=_set_weight,
        args=(weights, tokens),
        help="0 hides the word, 1 leaves it.",
    )
    st.caption(SOFTENED)


def _set_weight(weights: dict[int, float], tokens: tuple[int, ...]) -> None:
    mask_state.set_weights({**weights, **dict.fromkeys(tokens, st.session_state["mask_soft_weight"])})


def use_example(model: str, name: str) -> None:
    """Put an example on the page: its sentence, its words' weights, the plain causal mask. A callback."""
    from model_utils.masks.link import format_weights

    example = BY_NAME[name]
    weights = example.token_weights(cache_words.words(model, example.text))
    mask_state.change(
        text=example.text,
        sentence=0,
        weights=format_weights(weights),
        cells="",
        gap="hole",
        pattern="causal",
        padding="on",
    )


def typed_mask(spec: MaskSpec, words: Sequence[Word], text: str) -> None:
    """Where [MASK] was typed, say what it is and offer to hide it instead."""
    places = [word for word in words if MASK_TEXT in word.text]
    weights = dict(spec.pairs)
    tokens = [token for word in places for token in word.tokens]
    if not places or st.session_state.get("_mask_literal") == text or all(weights.get(t) == 0 for t in tokens):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="typed_mask"):
        pieces = len(places[0].tokens)
        st.markdown(
            f"GPT-2 has no `[MASK]` token: typed, it is {pieces} tokens like any others. A mask hides words; it never "
            "emphasises any.",
            width="stretch",
        )
        st.button("Hide these words", key="typed_hide", on_click=_hide, args=(weights, tuple(tokens)), type="primary")
        st.button("Keep them as text", key="typed_keep", on_click=_keep, args=(text,))


def _hide(weights: dict[int, float], tokens: tuple[int, ...]) -> None:
    mask_state.set_weights({**weights, **dict.fromkeys(tokens, 0.0)})


def _keep(text: str) -> None:
    st.session_state["_mask_literal"] = text


def take_home(
    page: Page, spec: MaskSpec, batch: TokenBatch, before: NDArray[np.float64], after: NDArray[np.float64]
) -> None:
    """Draw what can be taken home of the next words before and after."""
    from model_utils.snippets.ablation import hiding_code

    home.bar(
        "hiding",
        numbers=lambda: numbers(page.model, before, after),
        code=lambda: hiding_code(page.entry, batch, spec),
    )


def numbers(model: str, before: NDArray[np.float64], after: NDArray[np.float64]) -> pd.DataFrame:
    """Return the likeliest words before and after, one per row: id, word, both probabilities."""
    import pandas as pd

    from model_utils.models.next_word import top_tokens

    chosen = dict.fromkeys([*top_tokens(after, TABLE_WORDS).tolist(), *top_tokens(before, TABLE_WORDS).tolist()])
    return pd.DataFrame(
        [(token, cache.label(model, token), before[token], after[token]) for token in chosen],
        columns=["id", "word", "before", "after"],
    )
