"""The texts of the Compare page, growing together, beside one view of what sets them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls, frame, growing
from pages.compare import texts
from pages.compare.views import VIEWS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.compare.run import Comparison


def draw(made: Comparison) -> None:
    """Draw the texts of a comparison and one view of it."""
    growing.draw(made, ended=_ended, texts=_growing, picture=_picture, halves=_halves)


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    text, picture = st.columns([13, 10], gap="medium")
    return text, picture


def _ended(made: Comparison) -> None:
    """Draw texts and picture of a comparison that has ended: a click in either shows in both."""
    texts.take_click(made)
    left, right = _halves()
    with left:  # first: they have just been read and must not be gone while a picture takes its time
        _choose(made)
        _texts(made)
    with right:
        _picture(made)


def _growing(made: Comparison) -> None:
    """Draw the texts as far as they are; the picture stands still meanwhile."""
    if texts.take_click(made):
        st.rerun()
    ended = made.job.done  # asked first: what comes after it is drawn by the next run
    _choose(made)
    _texts(made)
    done, total = made.job.progress
    st.progress(
        done / (total or 1), text=f"Step {done} of {total or made.request.max_new_tokens}, {len(made.places())} texts"
    )
    if ended:
        st.rerun()


def _choose(made: Comparison) -> None:
    """Draw the choice of the sample that is shown, where there are several."""
    if made.request.samples > 1:
        with st.container(width=190, key="choose_sample"):
            controls.number("sample", high=made.request.samples - 1, bare=True)


def _texts(made: Comparison) -> None:
    with frame.reader_errors():
        if made.job.error is not None:
            raise made.job.error
        texts.draw(made)


def _picture(made: Comparison) -> None:
    """Draw the chosen view, of the step that is chosen."""
    name = controls.choice("plot", VIEWS, show_label=False)
    if name != "map" and not made.job.done:
        st.info("This picture is drawn when all texts are there.")
        return
    draw_view = VIEWS[name].draw
    if draw_view is not None:
        with frame.reader_errors():
            draw_view(made, *texts.chosen(made))
