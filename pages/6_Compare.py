"""Compare page: settings side by side on one prompt, under the same noise, with what sets them apart measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import frame
from pages.common.lesson import cover
from pages.common.notes import unseen_tokens
from pages.common.runs import runs
from pages.compare import controls, result

if TYPE_CHECKING:
    from model_utils.compare.request import CompareRequest


def texts(request: CompareRequest | None) -> None:
    """Draw the latest comparison, started where the page or a click asks for it."""
    comparison = controls.START.latest(page, request)
    if comparison is not None:
        over = runs.stop_button(stop, comparison)
        with st.container(key="notes"):
            controls.settings_note(comparison, request)
            unseen_tokens.badges(comparison.request.models[0], controls.batch_of(comparison))
        result.draw(comparison, over=over)
    elif request is not None:
        st.caption("Press Compare: the model continues one of your prompts under each setting, all in one batch.")


with (
    frame.open_page(
        "Compare", "The same prompt and the same random numbers under several settings: what does each change?"
    ) as page,
    frame.in_turn(page),
):
    stop = controls.draw_controls(page)
    asked = None
    with frame.reader_errors():
        asked = controls.make_request(page)
    cover.answer(texts, asked)
