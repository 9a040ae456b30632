"""Heads: one head large, all heads as a map beside it, on any sentence of the batch."""

from __future__ import annotations

import time

import streamlit as st

from pages.common import frame
from pages.heads import first_screen, gallery, redraw, views

# Seconds by which the open head is sent before its words: the browser draws what comes together in one go, and the figure
# is what the reader waits for. A tenth less to wait (bench/heads.py).
HEAD_START = 0.03

page = frame.open_page("Heads", "Each row of a head is a recipe: how much of each word it reads goes into its mix.")


@st.fragment(key="heads")
def explorer() -> None:
    """Draw everything that a change of sentence or side touches."""
    with frame.reader_errors():
        gallery.take_click()
        picture, chooser = st.columns([600, 290], gap="small")
        with chooser:
            selection = first_screen.choose_sentence(page)
            first_screen.habit_links(selection)
        with picture:
            open_head(selection)
            head, overview = redraw.figures(selection)
            first_screen.draw_head(selection, head)
        with chooser:
            first_screen.draw_map(selection, overview)
        views.draw(selection)


@st.fragment(key="open_head")
def open_head(selection: first_screen.HeadSelection) -> None:
    """Draw what opening another head touches; the figures, which stand outside, are changed where they stand."""
    with frame.reader_errors():
        redraw.show_open_head(selection)
        time.sleep(HEAD_START)
        first_screen.choose_head(selection)
        first_screen.say_head(selection)


explorer()
