"""Generate page: text grows word by word, and every step shows who might have been drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import frame
from pages.common.lesson import cover
from pages.common.notes import ending_space, unseen_tokens
from pages.common.runs import runs
from pages.generate import batch, beams, controls, examples, result
from pages.generate.run import Generation

if TYPE_CHECKING:
    from pages.generate.run import GenerateRequest


def texts(request: GenerateRequest | None) -> None:
    """Draw the latest run, started where the page or a click asks for it, and what can be looked into."""
    run = controls.START.latest(page, request)
    if run is None:
        controls.invitation()
        return
    over = runs.stop_button(stop, run)
    # Notes come and go; in a place of their own they do not move what streams below, which is drawn by its number.
    with st.container(key="notes"):
        controls.settings_note(run, request)
        controls.mask_note(run)
        controls.processor_note(run)
        unseen_tokens.badges(run.request.model, run.batch)
        for text in run.batch.texts:
            ending_space.say(text)
    above = st.container()
    if over and isinstance(run, Generation):
        batch.draw(run)
    with above:  # what has a beat comes last, though it stands above
        if isinstance(run, Generation):
            result.draw(run, over=over)
        else:
            beams.draw(run, over=over)


with (
    frame.open_page("Generate", "How the next token is chosen, step by step.") as page,
    frame.in_turn(page),
):
    examples.draw(page)
    if not cover.covered():
        examples.caption(page)
    stop = controls.draw_controls(page)
    asked = None
    with frame.reader_errors():
        asked = controls.make_request(page)
    cover.answer(texts, asked)
