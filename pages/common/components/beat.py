"""A part of the page that is drawn again and again, each time some time after the browser has drawn the last."""

from __future__ import annotations

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_BEAT = st.components.v2.component("maskscope_beat", html="", js=source("leaving.js", "beat.js"))


def beat(seconds: float, key: str) -> None:
    """Draw the fragment that this stands in anew, `seconds` after the browser has got it. Call at the end of the fragment.

    Streamlit's own `run_every` asks at fixed times, whether the browser has drawn the last answer or not.
    """
    number = st.session_state.get(f"_{key}", 0) + 1
    st.session_state[f"_{key}"] = number
    _BEAT(data={"number": number, "pause": round(1000 * seconds)}, key=key, on_beat_change=lambda: None)
