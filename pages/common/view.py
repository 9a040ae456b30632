"""One view of a page: a choice that readers see, and what it draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.common import controls


@dataclass(frozen=True, kw_only=True)
class View:
    """A view: its label on the page, one sentence of help, and the function that draws it (None: nothing to draw)."""

    label: str
    help: str = ""
    draw: Callable[..., None] | None = None


def choose(name: str, views: Mapping[str, View], **options: Any) -> View:
    """Draw the published choice `name` of a view, with the sentence that says what it shows, and return the view."""
    view = views[controls.choice(name, views, **options)]
    if view.help:
        st.caption(view.help)
    return view
