"""Compare page: settings side by side on one prompt, under the same dice, with what sets them apart measured."""

import streamlit as st

from pages.common import compare_controls, compare_parts, comparisons, early, frame, strangers

page = frame.open_page("Compare", "The same prompt and the same dice under several settings: what does each change?")

said, go, stop = compare_controls.draw_controls(page)
request = None
with frame.reader_errors():
    request = compare_controls.make_request(page, said)
begun = early.begun(request)
click = early.on_click(comparisons.prepare, request, request.models if request else ())
pressed = go.button("Compare", type="primary", key="compare", width="stretch", **click) or compare_controls.asked()
# The small model answers at once, so its first comparison needs no click; a large one waits to be asked.
unasked = comparisons.current() is None and page.entry.source == "bundled"
if begun is not None:
    comparisons.adopt(begun)
elif request is not None and (pressed or unasked):
    with frame.reader_errors():
        page.loaded()
        comparisons.start(request)

made = comparisons.current()
if made is None and request is not None:
    st.caption("Press Compare: the model continues one of your sentences under each setting, all in one batch.")
elif made is not None:
    # The button belongs to the page, not to the part that streams: there a click would wait for the next beat.
    idle = made.job.done or made.job.cancelled
    stop.button("Stop", key="stop", disabled=idle, width="stretch", on_click=made.job.cancel)
    with st.container(key="notes"):
        compare_controls.made_with(made, request)
        strangers.badges(made.request.models[0], compare_controls.batch_of(made))
    compare_parts.result(made)
