"""The address of this server as a QR code over the whole screen: how a hall's phones come to the pages."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import streamlit as st

from model_utils.errors import InputError, ReaderError
from pages.common.hall.qr_code import qr_code
from pages.common.markdown import literal

VARIABLE = "MASKSCOPE_PUBLIC_URL"
MAX_ADDRESS = 200  # characters; it is also read aloud and typed


def public_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address under which others reach this server, nothing where the operator has not set it.

    Raises InputError for what is no http or https address, or is longer than MAX_ADDRESS characters.
    """
    address = environment.get(VARIABLE, "").strip().rstrip("/")
    if not address:
        return ""
    wrong = InputError(
        f"{VARIABLE} is {address[:40]!r}, but it takes an http or https address of at most {MAX_ADDRESS} characters, "
        "such as https://example.org/maskscope."
    )
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not known or len(address) > MAX_ADDRESS or not address.isprintable() or " " in address:
        raise wrong
    return address


def button() -> None:
    """Draw the button that fills the screen with the code, and its key."""
    if st.button("QR code", key="qr_code", shortcut="Q", icon=":material/qr_code_2:", type="tertiary"):
        _invitation()


@st.dialog("Open this page on your phone", width="large")
def _invitation() -> None:
    """Draw the code with the short link below it, or how to set them."""
    with st.container(key="invitation", horizontal_alignment="center"):
        try:
            address = public_address()
        except ReaderError as error:
            st.error(literal(str(error)))
            return
        if not address:
            st.markdown(
                f"This server does not know under which address others reach it. Start it with `{VARIABLE}` set, such as "
                f"`{VARIABLE}=https://example.org/maskscope make run`; on a local network that is this computer's own "
                "address, such as `http://192.168.1.20:8501`."
            )
            return
        picture = f"data:image/svg+xml,{quote(qr_code(address))}"
        st.html(f'<img src="{picture}" alt="QR code of {html.escape(address)}">')
        st.text(address.partition("://")[2] if address.startswith("https") else address, text_alignment="center")
