"""Heads: one head large, all heads as a map beside it, on any sentence of the batch."""

from __future__ import annotations

import streamlit as st

from pages.common import frame
from pages.common.lesson import cover
from pages.heads import first_screen, views

page = frame.open_page("Heads", "Each row shows one token: how much it reads from itself and every token before it.")
first_screen.open_first(page)


@st.fragment(key="heads")
def explorer() -> None:
    """Draw everything that a change of sentence, side or head touches."""
    with frame.reader_errors():
        picture, chooser = st.columns([600, 290], gap="small")
        with chooser:
            selection = first_screen.choose_sentence(page)
            if not cover.covered():
                first_screen.habit_links(selection)
        with picture:
            first_screen.choose_head(selection)
            cover.answer(first_screen.draw_head, selection)
        with chooser:
            cover.answer(first_screen.draw_map, selection)
        views.draw(selection)


explorer()
