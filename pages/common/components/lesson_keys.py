"""The keys of a lesson: those that presenters' remotes send, and digits for the choices."""

from __future__ import annotations

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_KEYS = st.components.v2.component(
    "maskscope_lesson_keys",
    html="",
    css=source("lesson_keys.css"),
    js=source("lesson_keys.js"),
    isolate_styles=False,
)


def lesson_keys(*, onward: str, step: str = "", revealed: bool = False, view: str = "") -> None:
    """Let keys press the buttons of a lesson while this is drawn; `onward` is the key of the one that leads on now.

    Another `step` is seen from its top; where it is `revealed`, what answers comes into view: what has the key `view`, with
    the figure in or below it, or without one the first result.

    PageDown and Space lead on, PageUp back, B blanks the screen, digits choose. They go before the page's own keys.
    """
    _KEYS(data={"onward": onward, "step": step, "revealed": revealed, "view": view}, key="lesson_keys")
