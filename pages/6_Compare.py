"""Compare page: settings side by side on one prompt, under the same noise, with what sets them apart measured."""

import streamlit as st

from pages.common import frame, runs, unseen_tokens
from pages.compare import controls, result

page = frame.open_page(
    "Compare", "The same prompt and the same random numbers under several settings: what does each change?"
)

with frame.in_turn(page):
    stop = controls.draw_controls(page)
    request = None
    with frame.reader_errors():
        request = controls.make_request(page)

    comparison = controls.START.latest(page, request)
    if comparison is not None:
        runs.stop_button(stop, comparison)
        with st.container(key="notes"):
            controls.settings_note(comparison, request)
            unseen_tokens.badges(comparison.request.models[0], controls.batch_of(comparison))
        result.draw(comparison)
    elif request is not None:
        st.caption("Press Compare: the model continues one of your sentences under each setting, all in one batch.")
