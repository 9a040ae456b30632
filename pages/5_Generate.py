"""Generate page: text grows word by word, and every step shows who might have been drawn."""

import streamlit as st

from pages.common import frame, unseen_tokens
from pages.generate import batch, controls, early, examples, result
from pages.generate import run as generate_run

page = frame.open_page("Generate", "Predict, filter, draw, append, repeat: how the next word is chosen, step by step.")

examples.draw(page)
examples.caption(page.text)
said, generate, stop = controls.draw_controls(page)
request = None
with frame.reader_errors():
    request = controls.make_request(page, said)
begun = early.begun(request)
click = early.on_click(generate_run.prepare, request, [page.model])
pressed = generate.button("Generate", type="primary", key="generate", width="stretch", **click) or examples.asked()
if pressed:
    batch.stop()
# The small model answers at once, so its first text needs no click; a large one waits to be asked.
unasked = generate_run.current() is None and page.entry.source == "bundled"
if begun is not None:
    generate_run.adopt(begun)
elif request is not None and (pressed or unasked):
    with frame.reader_errors():
        generate_run.start(request)

run = generate_run.current()
if run is None:
    controls.invite()
else:
    # The button belongs to the page, not to the part that streams: there a click would wait for the next beat.
    idle = run.job.done or run.job.cancelled
    stop.button("Stop", key="stop", disabled=idle, width="stretch", on_click=run.job.cancel)
    # Notes come and go; in a place of their own they do not move what streams below, which is drawn by its number.
    with st.container(key="notes"):
        controls.made_with(run, request)
        controls.under(run)
        unseen_tokens.badges(run.request.model, run.batch)
    above = st.container()
    if run.job.done:
        batch.draw(run)
    with above:  # what has a beat comes last, though it stands above
        result.result(run)
