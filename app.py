"""The server's app, and as a page: Home, one live demo, then a link to each page."""

import streamlit as st

if __name__ == "__main__":
    from pages.common import frame
    from pages.home import demo

    page = frame.open_page("MaskScope", "See what attention masks and sampling settings do to GPT-2.")
    place = st.container(key="demo")
    demo.links()
    with place, frame.reader_errors():
        demo.draw(page)
else:
    from pages.common.assets import ROUTES

    app = st.App(__file__, routes=ROUTES)
