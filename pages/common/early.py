"""Work that a button's click sets off before the page is drawn, so that the model works while the page is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.registry import registry
from pages.common import cache

_KEY = "_begun_early"


def on_click(begin: Callable[[Any], object], request: object, models: Iterable[str]) -> dict[str, Any]:
    """Return a button's arguments that let its click call `begin(request)` first, with the request of the run before.

    `request` is None where there was none. The page asks `begun` whether it is under way: a click may bring a last change of the
    controls along, and what stands in the way is said where there is a page to say it on.
    """
    return {"on_click": _begin, "args": (begin, request, tuple(models))} if request is not None else {}


def _begin(begin: Callable[[Any], object], request: object, models: tuple[str, ...]) -> None:
    if not all(cache.in_memory(registry()[model]) for model in models):
        return  # loading belongs to the page, which shows that it goes on
    with suppress(ReaderError):
        begin(request)
        st.session_state[_KEY] = request


def begun(request: object) -> bool:
    """Return whether the click that set off this run of the page has begun `request`, once."""
    return bool(st.session_state.pop(_KEY, None) == request)
