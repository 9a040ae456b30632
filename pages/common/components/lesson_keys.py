"""The keys of a lesson: those that presenters' remotes send, and digits for the choices."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

# Registered once, when the server first imports this.
_KEYS = st.components.v2.component(
    "maskscope_lesson_keys",
    html="",
    css=(_HERE / "lesson_keys.css").read_text(encoding="utf-8"),
    js=(_HERE / "lesson_keys.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def lesson_keys(*, onward: str) -> None:
    """Let keys press the buttons of a lesson while this is drawn; `onward` is the key of the one that leads on now.

    PageDown and Space lead on, PageUp back, B blanks the screen, digits choose. They go before the page's own keys.
    """
    _KEYS(data={"onward": onward}, key="lesson_keys")
