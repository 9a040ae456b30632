"""The latest run of a page that generates: it starts in the callback of a click and outlives reruns and page switches.

A callback comes before the page is drawn, so that the model works while the page is. It finds the controls as the same click
left them: the browser sends changed values along with the click, and their callbacks come first.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import streamlit as st

from model_utils.errors import ModelLostError, ReaderError
from model_utils.models.registry import registry
from pages.common import controls, frame
from pages.common.caches import cache, cache_visit
from pages.common.lesson import cover
from pages.common.markdown import literal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.jobs import Job


class DecodingRequest(Protocol):
    """What a reader asked for; two equal ones give the same texts."""

    @property
    def models(self) -> tuple[str, ...]:
        """Return the registry ids of the models that it takes."""


class DecodingRun(Protocol):
    """A request under way or ended."""

    @property
    def job(self) -> Job[None]:
        """Return the job that may still be under way."""

    @property
    def discarded(self) -> bool:
        """Return whether some of what it has made was given back."""

    def discard(self) -> None:
        """Stop it, and give back what it has made."""


RequestT = TypeVar("RequestT", bound=DecodingRequest)
RunT = TypeVar("RunT", bound=DecodingRun)


@dataclass
class RunState(Generic[RunT]):
    """What a session keeps of the runs of one page: the latest one, None before the first, and what a click needs to know."""

    run: RunT | None = None
    start_waits: bool = False  # a click could not start a run: the page starts it, or says what stands in the way
    model_chosen: str = ""  # when the page was last drawn
    model_shown: str = ""  # then: the chosen one, or the one that stood in for it
    lesson: str = ""  # the step in which the page was last drawn

    def replace(self, run: RunT) -> None:
        """Make `run` the latest one; nothing is left of the one before."""
        if self.run is not None:
            self.run.discard()
        self.run = run
        cache_visit.watch(run.job)

    def begin_anew(self) -> None:
        """Set what is in view of a run as on a new page: a step of a lesson was opened."""


@dataclass(frozen=True, kw_only=True)
class Starter(Generic[RequestT, RunT]):
    """How the runs of one page start.

    `make_request` reads the controls, `start` makes the run of a request, under way; both raise ReaderError for what the
    reader can put right. `resume` makes a run again whose memory was given back. `prepare` is what a callback has to do before
    it reads the controls.
    """

    state: Callable[[], RunState[RunT]]
    prepare: Callable[[frame.Page], None] | None = None
    make_request: Callable[[frame.Page], RequestT]
    start: Callable[[RequestT], RunT]
    resume: Callable[[RunT], RunT]

    def click(self) -> None:
        """Start a run as the controls stand. A callback: what cannot start here is left to the page.

        Loading a model belongs to the page, which shows that it goes on; so do sentences of what stands in the way.
        """
        state = self.state()
        state.start_waits = True
        if cover.covered():
            return
        model = st.session_state["model"]
        entry = registry().get(state.model_shown if model == state.model_chosen else model)
        if entry is None or not cache.in_memory(entry):
            return
        page = frame.Page(entry=entry, text=st.session_state["text"])
        with suppress(ReaderError):
            if self.prepare is not None:
                self.prepare(page)
            request = self.make_request(page)
            if all(cache.in_memory(registry()[name]) for name in request.models):
                state.replace(self.start(request))
                state.start_waits = False

    def latest(self, page: frame.Page, request: RequestT | None) -> RunT | None:
        """Return the latest run, after starting `request` where a click waits for that, or where the page or a step is new.

        The small model answers at once, so its first text needs no click; a large one waits to be asked. A run whose memory
        was given back, since its reader had gone or room was short, is made again. None as a request is one that cannot be
        made.
        """
        state = self.state()
        state.model_chosen, state.model_shown = st.session_state["model"], page.model
        waits, state.start_waits = state.start_waits, False
        step, before = controls.value("lesson"), state.lesson
        state.lesson = step
        opened = bool(step) and step != before
        unasked = (state.run is None or opened) and page.entry.source == "bundled"
        if opened:
            state.begin_anew()
        if request is not None and (waits or unasked):
            with frame.reader_errors():
                for name in request.models:
                    frame.Page(entry=registry()[name], text=page.text).loaded()
                state.replace(self.start(request))
        elif state.run is not None and state.run.discarded:
            with frame.reader_errors():
                state.run = self.resume(state.run)
                cache_visit.watch(state.run.job)
        return None if state.run is None or state.run.discarded else state.run


def stop_button(place: DeltaGenerator, run: DecodingRun) -> bool:
    """Draw the button that stops a run, and return whether the run has ended.

    The rest of the page goes by this answer: a run that ends while the page is drawn would otherwise be drawn as ended below
    a button that says it is not, and nothing would draw the button again.

    It belongs to the page, not to the part that streams: there a click would wait for the next beat. Of a run whose computer
    was lost in the middle it is said here, with a button that lets another one go on.
    """
    ended = run.job.done
    place.button("Stop", key="stop", disabled=ended or run.job.cancelled, width="stretch", on_click=run.job.cancel)
    if isinstance(run.job.error, ModelLostError):
        with st.container(horizontal=True, vertical_alignment="center", key="lost"):
            st.error(literal(str(run.job.error)))
            # Given back, it is made again as every run whose memory was given back: what there was of it stays on the page.
            st.button("Go on", key="go_on", type="primary", on_click=run.discard)
    return ended


def raise_error(job: Job[None]) -> None:
    """Raise what ended a job, where `stop_button` has not said it."""
    if job.error is not None and not isinstance(job.error, ModelLostError):
        raise job.error
