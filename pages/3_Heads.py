"""Heads: one head large, all heads as a map beside it, on any sentence of the batch."""

from __future__ import annotations

import streamlit as st

from pages.common import frame, heads

page = frame.open_page("Heads", "Each row of a head is a recipe: how much of each word it reads goes into its mix.")


@st.fragment(key="heads")
def explorer() -> None:
    """Draw everything that a change of sentence, side, layer or head touches."""
    with frame.reader_errors():
        picture, chooser = st.columns([600, 290], gap="small")
        with chooser:
            view = heads.choose_sentence(page)
            heads.choose_head(view)
            heads.draw_map(view)
        with picture:
            heads.draw_head(view)


explorer()
