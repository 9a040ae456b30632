"""How wide the browser's window is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

# Registered once, when the server first imports this.
_WIDTH = st.components.v2.component(
    "maskscope_window_width", html="", js=Path(__file__).with_name("window_width.js").read_text(encoding="utf-8")
)
NARROWEST, WIDEST = 200, 20_000


def window_width() -> int | None:
    """Return how many px wide the browser's window is, None until it has told; it tells again when that changes."""
    known = getattr(st.session_state.get("window_width"), "width", None)
    result = _WIDTH(data={"known": known}, key="window_width", on_width_change=lambda: None)
    told = result.width
    return round(min(max(told, NARROWEST), WIDEST)) if isinstance(told, int | float) else None
