"""Word lists that become a mask: typed or ready, whole words across pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.masks.word_lists import READY, Matches, match, parse_list, ready_list
from pages.common import mask_state
from pages.common.caches import cache_words
from pages.common.markdown import literal

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from model_utils.tokens.words import Word
    from pages.common.frame import Page

# Entries that are named one by one; the others are counted.
NAMED = 12


def lists(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the list, what it meets in the sentence, and the buttons that make a mask of it."""
    typing, meeting = st.columns(2, gap="large")
    with typing:
        with st.container(horizontal=True, vertical_alignment="center"):
            for name in READY:
                st.button(name.capitalize(), key=f"mask_list_{name}", on_click=_fill, args=(name,))
        typed = st.text_area(
            "Words, one per line or with commas",
            key="mask_list",
            placeholder="rain, bowl",
            height=150,
            help="Whole words, in any case, across their pieces; an entry may be several words.",
        )
    entries = parse_list(typed)
    words = cache_words.words(page.model, batch.texts[spec.sentence])
    matches = match(words, entries)
    with meeting:
        if not entries:
            return
        _say(matches, words, entries)
        if matches.places:
            _buttons(matches, words)
        _others(page, batch, spec.sentence, entries)


def _fill(name: str) -> None:
    st.session_state["mask_list"] = ", ".join(ready_list(name))


def _say(matches: Matches, words: Sequence[Word], entries: Sequence[str]) -> None:
    """Say what the list met, and what it did not."""
    if not matches.places:
        none = "its one entry is not" if len(entries) == 1 else f"none of its {len(entries)} entries is"
        st.markdown(f"**There is nothing to hide here:** {none} a word of this sentence.")
        return
    names = ", ".join(f"“{literal(words[place].label)}”" for place in matches.places[:NAMED])
    more = f" and {len(matches.places) - NAMED} more" if len(matches.places) > NAMED else ""
    found = len(matches.places)
    st.markdown(f"**{found} {'word' if found == 1 else 'words'} of the list found, by spelling alone:** {names}{more}.")
    if matches.missing:
        named = ", ".join(literal(entry) for entry in matches.missing[:NAMED])
        more = f" and {len(matches.missing) - NAMED} more" if len(matches.missing) > NAMED else ""
        st.caption(f"Not in this sentence: {named}{more}.")


def _buttons(matches: Matches, words: Sequence[Word]) -> None:
    hit = {token for place in matches.places for token in words[place].tokens}
    every = {token for word in words for token in word.tokens}
    with st.container(horizontal=True):
        for key, label, hidden in (("hide", "Hide them", hit), ("keep", "Keep only them", every - hit)):
            st.button(
                label,
                key=f"mask_list_{key}",
                on_click=mask_state.set_weights,
                args=(dict.fromkeys(hidden, 0.0),),
                type="primary" if key == "hide" else "secondary",
            )


def _others(page: Page, batch: TokenBatch, sentence: int, entries: Sequence[str]) -> None:
    """Say which other sentences hold words of the list: the hand mask is for one sentence."""
    from model_utils.tokens.batch import sentence_label

    counts = [
        (sentence_label(text), len(match(cache_words.words(page.model, text), entries).places))
        for number, text in enumerate(batch.texts)
        if number != sentence
    ]
    held = ", ".join(f"“{literal(label)}” ({count})" for label, count in counts if count)
    if held:
        st.caption(f"Also found in {held}. The hand mask is for the chosen sentence; choose another to mask it there.")
