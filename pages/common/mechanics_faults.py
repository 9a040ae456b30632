"""What the Mechanics page shows of fill values, wrong ways and the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from pages.common.mechanics import View


def fills(view: View) -> None:
    """Draw what each fill does to a row."""
    st.write(view.fill)


def wrong_ways(view: View) -> None:
    """Draw the wrong ways."""
    st.write(view.fill)


def losses(view: View) -> None:
    """Draw the loss of each word."""
    st.write(view.fill)
