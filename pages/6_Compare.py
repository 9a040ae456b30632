"""Compare page: settings side by side on one prompt, under the same dice, with what sets them apart measured."""

import streamlit as st

from pages.common import frame, unseen_tokens
from pages.compare import controls, result, run
from pages.generate import early

page = frame.open_page("Compare", "The same prompt and the same dice under several settings: what does each change?")

said, go, stop = controls.draw_controls(page)
request = None
with frame.reader_errors():
    request = controls.make_request(page, said)
begun = early.begun(request)
click = early.on_click(run.prepare, request, request.models if request else ())
pressed = go.button("Compare", type="primary", key="compare", width="stretch", **click) or controls.asked()
# The small model answers at once, so its first comparison needs no click; a large one waits to be asked.
unasked = run.current() is None and page.entry.source == "bundled"
if begun is not None:
    run.adopt(begun)
elif request is not None and (pressed or unasked):
    with frame.reader_errors():
        page.loaded()
        run.start(request)

made = run.current()
if made is None and request is not None:
    st.caption("Press Compare: the model continues one of your sentences under each setting, all in one batch.")
elif made is not None:
    # The button belongs to the page, not to the part that streams: there a click would wait for the next beat.
    idle = made.job.done or made.job.cancelled
    stop.button("Stop", key="stop", disabled=idle, width="stretch", on_click=made.job.cancel)
    with st.container(key="notes"):
        controls.made_with(made, request)
        unseen_tokens.badges(made.request.models[0], controls.batch_of(made))
    result.result(made)
