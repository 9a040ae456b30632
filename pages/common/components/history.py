"""Which changes of the address the browser's Back undoes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_HISTORY = st.components.v2.component("maskscope_history", html="", js=source("history.js"))


def keep_history(replacing: Sequence[str]) -> None:
    """Let changes of the link parameters `replacing` alone take the place of the last step of the browser's history."""
    _HISTORY(data={"replacing": list(replacing)}, key="history")
