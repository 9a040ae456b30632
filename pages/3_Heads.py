"""Heads: one head large, all heads as a map beside it, on any sentence of the batch."""

from __future__ import annotations

import streamlit as st

from pages.common import frame
from pages.common.lesson import cover
from pages.heads import first_screen, views


@st.fragment(key="heads")
def explorer(page: frame.Page) -> None:
    """Draw everything that a change of sentence, side or head touches.

    The figures are drawn first, wherever they stand: a browser draws what comes together in one go, and it is the open head
    that the reader waits for.
    """
    with frame.in_turn(page), frame.reader_errors():
        picture, chooser = st.columns([600, 290], gap="small")
        with picture.container(gap="xxsmall"):  # the height that is left is the matrix's
            above, head, below = st.container(), st.container(gap=None), st.container()
        with chooser:
            sentence, overview = st.container(), st.container()
        selection = first_screen.selected(page)
        with head:
            cover.answer(first_screen.draw_head, selection)
        with overview:
            cover.answer(first_screen.draw_map, selection)
        with sentence:
            first_screen.choose_sentence(selection)
        with above:
            first_screen.choose_head(selection)
        if not cover.covered():
            with below:
                first_screen.draw_below(selection)
        views.draw(selection)


with frame.open_page(
    "Heads", "Each row shows one token: how much it reads from each token that the mask allows."
) as page:
    frame.open_head(page)
    explorer(page)
