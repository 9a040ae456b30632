"""The connection of a reader: when it is gone, so is the work that waits for nobody, and what it has made.

Streamlit keeps the state of a session for two minutes more, so that who was cut off finds everything as it was; that holds
requests and the tokens drawn so far, from which the rest is made again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_utils.jobs import Job

_KEY = "_visit"


class Visit:
    """One connection: the jobs that were started for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: WeakSet[Job[Any]] = WeakSet()
        self._ended = False

    def watch(self, job: Job[Any]) -> None:
        """Discard `job` when the connection is gone: now, where it has gone meanwhile."""
        with self._lock:
            if not self._ended:
                self._jobs.add(job)
                return
        job.discard()

    def end(self) -> None:
        """Discard all jobs. The server's own thread calls this: what takes time is left to another."""
        with self._lock:
            self._ended = True
            jobs = list(self._jobs)
        if jobs:
            threading.Thread(target=_discard, args=(jobs,), name="visit ended", daemon=True).start()


def _discard(jobs: Iterable[Job[Any]]) -> None:
    from model_utils.models.memory import give_back

    for job in jobs:
        job.discard()
    for job in jobs:
        job.wait(60)
    give_back()


@st.cache_resource(show_spinner=False, scope="session", on_release=Visit.end)
def _connection() -> Visit:
    """Return the visit of this connection: Streamlit lets go of it at once when the connection is gone."""
    return Visit()


def begin() -> None:
    """Note under which connection the page is drawn. Call it first on every page.

    A script that is still drawn when its reader has gone may get a visit that nobody ends. It starts nothing: Streamlit
    stops it at the next element, and it was asked to before the visits of the session ended.
    """
    st.session_state[_KEY] = _connection()


def watch(job: Job[Any]) -> None:
    """Discard `job` when the connection of this session is gone."""
    visit: Visit = st.session_state[_KEY]
    visit.watch(job)
