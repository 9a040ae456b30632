"""The server's app, and as a page: Home, one live demo, then a link to each page."""

import streamlit as st

if __name__ == "__main__":
    from pages.common import frame, model_picker
    from pages.home import demo

    page = frame.open_page("MaskScope", "See what attention masks and sampling settings do to GPT-2.")
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
    from pages.common import assets
    from pages.common.voting import routes

    garbage.keep_collections_short()
    app = st.App(__file__, routes=[*assets.ROUTES, *routes.ROUTES])
