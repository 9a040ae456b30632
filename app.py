"""Home: one live toy, then a link to each page."""

import streamlit as st

from pages.common import frame

page = frame.open_page("MaskScope", "See what attention masks and sampling settings do to GPT-2.")
st.page_link("pages/3_Heads.py", label="Heads")
