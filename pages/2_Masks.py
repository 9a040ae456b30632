"""Masks: words that a click hides, and what that does to the next word; the mask itself, layer by layer, on demand."""

from __future__ import annotations

import streamlit as st

from pages.common import frame, mask_state
from pages.common.lesson import cover
from pages.common.notes import ending_space, unseen_tokens
from pages.masks import first_screen, tools, views


@st.fragment(key="masks")
def explorer(page: frame.Page) -> None:
    """Draw the first screen and the one part below it that is open; the others do not compute."""
    with frame.in_turn(page), frame.reader_errors():
        with st.container(gap="xsmall"):  # a screen of 1,280 x 720 ends below the choice of the view
            # What comes and goes in one does not move the other.
            first, below = st.container(gap="xsmall"), st.container()
        with first:
            with st.container(horizontal=True, vertical_alignment="bottom", width=520, key="mask_sentence"):
                batch = mask_state.choose_sentence(page)
            spec = mask_state.safe_spec(batch)
            words = first_screen.sentence_words(page, batch)
            first_screen.strip(page, spec, batch)
            ending_space.say(batch.texts[spec.sentence])
            unseen_tokens.badges(page.model, batch, spec.sentence)
            with tools.row(page, spec, words):
                first_screen.in_force(page, spec, batch)
            tools.typed_mask(spec, words, batch.texts[spec.sentence])
            cover.answer(first_screen.answer, page, spec, batch)
        with below:
            views.draw(page, spec, batch)


with frame.open_page("Masks", "A mask decides which words may be read, not which of them matter.") as page:
    explorer(page)
