"""A view that is chosen at the edge of the window comes into view."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_CHOSEN_VIEW = st.components.v2.component("maskscope_chosen_view", html="", js=source("chosen_view.js"))


def scroll_to_chosen(names: Sequence[str]) -> None:
    """Let a click on one of the choices `names` scroll to it where what it draws would lie below the window."""
    _CHOSEN_VIEW(data={"names": list(names)}, key="chosen_view")
