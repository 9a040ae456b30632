"""The button that copies the address of the page, with all that is set on it."""

from __future__ import annotations

import streamlit as st

from pages.common.components.source import source

# Registered once, when the server first imports this.
_COPY = st.components.v2.component(
    "maskscope_copy_link",
    html='<button type="button"><span aria-hidden="true">link</span><span>Copy link</span></button>'
    '<input readonly hidden aria-label="The link to this page">',
    css=source("copy_link.css"),
    js=source("copy_link.js"),
)


def copy_link() -> None:
    """Draw the button; where the browser does not let a page copy, it shows the address, selected."""
    _COPY(key="copy_link")
