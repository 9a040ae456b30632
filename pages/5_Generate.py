"""Generate page: text grows word by word, and every step shows who might have been drawn."""

import streamlit as st

from pages.common import early, examples, frame, generate_batch, generate_controls, generate_parts, runs, strangers

page = frame.open_page("Generate", "Predict, filter, draw, append, repeat: how the next word is chosen, step by step.")

examples.draw(page)
examples.caption(page.text)
said, generate, stop = generate_controls.draw_controls(page)
request = None
with frame.reader_errors():
    request = generate_controls.make_request(page, said)
begun = early.begun(request)
click = early.on_click(runs.prepare, request, [page.model])
pressed = generate.button("Generate", type="primary", key="generate", width="stretch", **click) or examples.asked()
if pressed:
    generate_batch.stop()
# The small model answers at once, so its first text needs no click; a large one waits to be asked.
unasked = runs.current() is None and page.entry.source == "bundled"
if begun is not None:
    runs.adopt(begun)
elif request is not None and (pressed or unasked):
    with frame.reader_errors():
        runs.start(request)

run = runs.current()
if run is None:
    generate_controls.invite()
else:
    # The button belongs to the page, not to the part that streams: there a click would wait for the next beat.
    idle = run.job.done or run.job.cancelled
    stop.button("Stop", key="stop", disabled=idle, width="stretch", on_click=run.job.cancel)
    # Notes come and go; in a place of their own they do not move what streams below, which is drawn by its number.
    with st.container(key="notes"):
        generate_controls.made_with(run, request)
        generate_controls.under(run)
        strangers.badges(run.request.model, run.batch)
    above = st.container()
    if run.job.done:
        generate_batch.draw(run)
    with above:  # what has a beat comes last, though it stands above
        generate_parts.result(run)
