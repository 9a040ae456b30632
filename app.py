"""Home: one live toy, then a link to each page."""

import streamlit as st

from pages.common import frame
from pages.home import demo

page = frame.open_page("MaskScope", "See what attention masks and sampling settings do to GPT-2.")
toy = st.container(key="toy")
demo.links()
with toy, frame.reader_errors():
    demo.toy(page)
