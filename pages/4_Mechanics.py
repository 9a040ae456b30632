"""Mechanics: one row of one head, from the scores to the head's output, step by step."""

from __future__ import annotations

import streamlit as st

from pages.common import frame
from pages.common.lesson import cover
from pages.mechanics import choice, first_screen, views


@st.fragment(key="mechanics")
def workings(page: frame.Page) -> None:
    """Draw everything that a change of sentence, side, head, row or cell touches."""
    with frame.in_turn(page), frame.reader_errors():
        picture, chooser = st.columns([640, 250], gap="small")
        with chooser, st.container(key="row_choice"):
            selection = choice.choose(page)
        with picture:
            choice.whose_row(selection)
            cover.answer(first_screen.stages, selection)
        views.draw(selection)


with frame.open_page("Mechanics", "How a mask works: one row of one head, from scores to the head's output.") as page:
    frame.open_head(page)
    workings(page)
