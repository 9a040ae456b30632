"""The address of this server as a QR code over the whole screen: how a hall's phones come to the pages."""

from __future__ import annotations

import html
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from model_utils.errors import ReaderError
from pages.common.hall.qr_code import qr_code
from pages.common.lesson import room
from pages.common.markdown import literal
from pages.common.public_address import VARIABLE, public_address


def button() -> None:
    """Draw the button that fills the screen with the code, and its key."""
    if st.button("QR code", key="qr_code", shortcut="Q", icon=":material/qr_code_2:", type="tertiary"):
        title = "Open MaskScope" if room.keys() is None else "Vote on your phone or laptop"
        st.dialog(title, width="large")(_invitation)()


def _invitation() -> None:
    """Draw the code with the short link below it, or how to set them."""
    st.html(Path(__file__).with_name("invitation.css"))
    with st.container(key="invitation", horizontal_alignment="center"):
        try:
            address = public_address()
        except ReaderError as error:
            st.error(literal(str(error)))
            return
        led = room.keys()
        if led is not None:
            address = room.address(led.letters)  # where a class votes
        if not address:
            st.markdown(
                "**There is no code yet:** the address of this page may work on this computer alone, and whoever runs the server "
                "has not said under which one others reach it."
            )
            st.caption(
                f"To say it, start it with `{VARIABLE}` set, such as `{VARIABLE}=https://example.org/maskscope make run`; "
                "on a local network that is this computer's own address, such as `http://192.168.1.20:8501`."
            )
            return
        picture = f"data:image/svg+xml,{quote(qr_code(address))}"
        st.html(f'<img src="{picture}" alt="QR code of {html.escape(address)}">')
        st.text(address.partition("://")[2] if address.startswith("https") else address, text_alignment="center")
