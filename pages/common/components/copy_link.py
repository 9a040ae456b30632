"""The button that copies the address of the page, with all that is set on it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

# Registered once, when the server first imports this.
_COPY = st.components.v2.component(
    "maskscope_copy_link",
    html='<button type="button"><span aria-hidden="true">link</span><span>Copy link</span></button>'
    '<input readonly hidden aria-label="The link to this page">',
    css=(_HERE / "copy_link.css").read_text(encoding="utf-8"),
    js=(_HERE / "copy_link.js").read_text(encoding="utf-8"),
)


def copy_link() -> None:
    """Draw the button; where the browser does not let a page copy, it shows the address, selected."""
    _COPY(key="copy_link")
