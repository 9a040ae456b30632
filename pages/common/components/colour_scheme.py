"""Has the page drawn again when the reader goes over to dark or light colours: figures have theirs from the server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

# Registered once, when the server first imports this.
_SCHEME = st.components.v2.component(
    "maskscope_colour_scheme", html="", js=Path(__file__).with_name("colour_scheme.js").read_text(encoding="utf-8")
)


def follow_colour_scheme() -> None:
    """Have the page drawn again where the browser shows another scheme than that of this run; it takes no room."""
    _SCHEME(data={"drawn": st.context.theme.type}, key="colour_scheme", on_scheme_change=lambda: None)
