"""A run as it grows: its texts drawn again and again, and one picture beside them.

What is drawn again stands last, and asks for its next drawing when the browser has the one before. Streamlit's browser half
(1.67) was seen to lose messages, probably of a run that begins before it has put away the run before: pages were left
without their figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.common.caches import cache
from pages.common.components.beat import beat
from pages.common.runs.runs import DecodingRun

RunT = TypeVar("RunT", bound=DecodingRun)

# Seconds between two drawings of growing text, and of the line of those who wait: each takes 0.05 s of the server.
BEAT, WAITING_BEAT = 0.25, 2.0


def draw(
    run: RunT,
    *,
    over: bool,
    ended: Callable[[RunT], None],
    texts: Callable[[RunT], None],
    picture: Callable[[RunT], None],
    halves: Callable[[], tuple[DeltaGenerator, DeltaGenerator]],
    pace: float | None = None,
) -> None:
    """Draw `ended` of a run that is `over`, every `pace` seconds; else `texts` again and again, and `picture` once.

    `over` is what the rest of the page was drawn by; where the run has ended since, the first beat draws the page anew.
    `halves` are the places of the texts and of the picture, which comes when the run has had its turn: the two children of one
    block, such as columns or `stacked`.
    """
    if over:
        _over(run, ended, pace)
        return
    left, right = halves()
    waited = cache.JOBS.ahead(run.job) > 0
    if not waited:
        with right:
            st.fragment(picture, key="picture")(run)
        cache.stop_drawing()
        run.job.wait_for_event(BEAT)  # the first word is drawn at once, not a beat later

    def growing(run: RunT) -> None:
        ahead = cache.JOBS.ahead(run.job)
        if waited and not ahead:
            st.rerun()  # the page sets the beat
        with st.empty():
            in_line(ahead)
        texts(run)
        beat(WAITING_BEAT if waited else BEAT, "beat")

    with left:
        st.fragment(growing, key="growing")(run)


def _over(run: RunT, ended: Callable[[RunT], None], pace: float | None) -> None:
    """Draw `ended` of a run that is over, every `pace` seconds, in the place of the halves.

    Of a block whose place another takes Streamlit keeps the children until all is drawn: the second half is emptied first, or the
    picture of the growing text would stand below the new one.
    """

    def again(run: RunT) -> None:
        ended(run)
        if pace is not None:
            beat(pace, "beat")

    with st.container():
        first = st.container()
        st.empty()
    with first:
        st.fragment(again, key="ended")(run)


def stacked() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return two places, one below the other, in a block of their own."""
    with st.container():
        return st.container(), st.container()


def in_line(ahead: int) -> None:
    """Draw how many others come first, where some do."""
    if ahead:
        st.info(f"{ahead} ahead of you. Stop takes you out of the line.", icon=":material/hourglass_top:")
