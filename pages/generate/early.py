"""Work that a button's click sets off before the page is drawn, so that the model works while the page is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.models.registry import registry
from pages.common import cache

if TYPE_CHECKING:
    from model_utils.jobs import Job

_KEY = "_begun_early"


class Work(Protocol):
    """What a click begins: the job, and what was asked for."""

    @property
    def request(self) -> Any:
        """Return what was asked for."""

    @property
    def job(self) -> Job[None]:
        """Return the job that makes it."""


def on_click(prepare: Callable[[Any], Work], request: object, models: Iterable[str]) -> dict[str, Any]:
    """Return a button's arguments that let its click begin `prepare(request)`, with the request of the page as it stands.

    None where there is none. A click may bring a last change of the controls along: the page asks `begun` whether it still
    wants this, and says itself what stands in the way.
    """
    return {"on_click": _begin, "args": (prepare, request, tuple(models))} if request is not None else {}


def _begin(prepare: Callable[[Any], Work], request: object, models: tuple[str, ...]) -> None:
    begun(None)
    if not all(cache.in_memory(registry()[model]) for model in models):
        return  # loading belongs to the page, which shows that it goes on
    with suppress(ReaderError):
        st.session_state[_KEY] = prepare(request)


def begun(request: object) -> Any:
    """Return, once, the work that a click has begun for `request`, else None; work for another request is stopped."""
    made: Work | None = st.session_state.pop(_KEY, None)
    if made is None or made.request == request:
        return made
    made.job.cancel()
    return None
