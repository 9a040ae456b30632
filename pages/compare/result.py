"""The parts of the Compare page: the texts, growing together, and one picture of what sets them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls, frame
from pages.common.link_parameters import CONTROLS
from pages.compare import kp_plane, plots, texts
from pages.generate.result import BEAT

if TYPE_CHECKING:
    from pages.compare.run import Comparison, Place

PLOTS: dict[str, Callable[[Comparison, Place, int], None]] = {
    "map": kp_plane.plane,
    "measures": plots.measures,
    "over steps": plots.over_steps,
    "what grows": plots.what_grows,
}


def result(made: Comparison) -> None:
    """Draw the texts of a comparison beside one picture; while it is under way the texts keep a beat of their own."""
    if made.job.done:
        st.fragment(_ended, key="compared")(made)
        return
    left, right = st.columns([13, 10], gap="medium")
    with right:
        st.fragment(_picture, key="compare_picture")(made)
    made.job.wait_for_event(BEAT)  # the first words are drawn at once, not a beat later
    with left:
        st.fragment(_growing, key="comparing", run_every=BEAT)(made)


def _ended(made: Comparison) -> None:
    """Draw texts and picture of a comparison that has ended: a click in either shows in both."""
    texts.take_click(made)
    left, right = st.columns([13, 10], gap="medium")
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
    """Draw the picture that is chosen, of the step that is."""
    name = controls.choice("plot", CONTROLS["plot"].options, show_label=False)
    if name != "map" and not made.job.done:
        st.info("This picture is drawn when all texts are there.")
        return
    with frame.reader_errors():
        PLOTS[name](made, *texts.chosen(made))
