"""How wide the browser's window is."""

from __future__ import annotations

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_WIDTH = st.components.v2.component("maskscope_window_width", html="", js=source("leaving.js", "window_width.js"))
NARROWEST, WIDEST = 200, 20_000


def window_width() -> int | None:
    """Return how many px wide the browser's window is, None until it has told; it tells again when that changes."""
    known = getattr(st.session_state.get("window_width"), "width", None)
    result = _WIDTH(data={"known": known}, key="window_width", on_width_change=lambda: None)
    told = result.width
    return round(min(max(told, NARROWEST), WIDEST)) if isinstance(told, int | float) else None
