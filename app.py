"""Home: one live toy, then a link to each page."""

import streamlit as st

from pages.common import frame, home

page = frame.open_page("MaskScope", "See what attention masks and sampling settings do to GPT-2.")
toy = st.container(key="toy")
home.links()
with toy, frame.reader_errors():
    home.toy(page)
