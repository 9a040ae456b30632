"""Which changes of the address the browser's Back undoes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

# Registered once, when the server first imports this.
_HISTORY = st.components.v2.component(
    "maskscope_history", html="", js=Path(__file__).with_name("history.js").read_text(encoding="utf-8")
)


def keep_history(replacing: Sequence[str]) -> None:
    """Let changes of the link parameters `replacing` alone take the place of the last step of the browser's history."""
    _HISTORY(data={"replacing": list(replacing)}, key="history")
