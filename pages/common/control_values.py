"""What the published controls are set to, drawn or not: in a button's callback, what they were set to by the same click."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import controls


def value(name: str, high: float | None = None) -> Any:
    """Return the present value of the published control `name`; above `high` the default, to which drawing it falls back."""
    default = controls.CONTROLS[name].default
    present = st.session_state.get(name, default)
    return default if high is not None and present > high else present
