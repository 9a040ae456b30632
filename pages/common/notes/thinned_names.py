"""What a reader is told where a matrix has no room for the names of all its tokens."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.common import frame


def say(labels: Sequence[str]) -> None:
    """Say how many tokens are named at the edges of a matrix of these labels; nothing where all of them are."""
    from viz.base.geometry import geometry

    step = geometry(labels, sizes=frame.palette().sizes).step
    if step > 1:
        st.caption(f"There is room for the name of one token in {step}: point at a cell for the others.")
