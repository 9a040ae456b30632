"""Has the page drawn again when the reader goes over to dark or light colours: figures have theirs from the server."""

from __future__ import annotations

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_SCHEME = st.components.v2.component("maskscope_colour_scheme", html="", js=source("colour_scheme.js"))


def follow_colour_scheme() -> None:
    """Have the page drawn again where the browser shows another scheme than that of this run; it takes no room."""
    _SCHEME(data={"drawn": st.context.theme.type}, key="colour_scheme", on_scheme_change=lambda: None)
