"""The server's app, and as a page: Home, one live demo, then a link to each page."""

import sys

import streamlit as st

if __name__ == "__main__":
    from pages.common import frame, model_picker
    from pages.home import demo

    with (
        frame.open_page("MaskScope", "See what attention masks and sampling settings do to a GPT-2 model.") as page,
        frame.in_turn(page),
    ):
        place = st.container(key="demo")
        carried: dict[str, str] = {}
        with place, frame.reader_errors():
            now = demo.shown(page)
            carried = now.carried
            demo.draw(page, now)
        demo.links(carried)
        model_picker.offer_gpt2(page.entry)
else:
    from model_utils import garbage
    from pages.common import assets, callbacks
    from pages.common.voting import routes

    garbage.keep_collections_short()
    callbacks.take_over_whole()
    callbacks.leave_at_once()
    # For so many seconds the thread that sends what is drawn waits for the interpreter after every message, and a page has a
    # hundred: at Python's own 0.005 pages that are ready stay on the server while others are drawn.
    sys.setswitchinterval(0.001)
    app = st.App(__file__, routes=[*assets.ROUTES, *routes.ROUTES])
