"""Figures changed where they stand: a chart that is sent anew takes several times as long and loses the reader's zoom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from viz.base.patch import Changes

# Registered once, when the server first imports this.
_REDRAW = st.components.v2.component(
    "maskscope_redraw", html="", js=Path(__file__).with_name("redraw.js").read_text(encoding="utf-8")
)


@dataclass(frozen=True, kw_only=True)
class Redraw:
    """What the figure with the key `name` is to show. It is changed where its mark (viz.base.patch.mark) has this `base`.

    `shows` is the mark's other half after the change; `alt` the figure's new text for screen readers. Clicks on a
    `clickable` figure are passed on.
    """

    name: str
    base: str
    shows: str
    changes: Changes
    alt: str = ""
    clickable: bool = False


def redraw(*figures: Redraw, key: str, on_click: Callable[[str, Any], None] | None = None) -> None:
    """Change `figures` on the page. Call it in every run: figures that show this already are left alone.

    `on_click` is called, as a widget's callback, with a clicked figure's name and the `customdata` of the point.
    """

    def clicked() -> None:
        click = st.session_state[key].clicked
        if on_click and click:
            on_click(click["name"], click["customdata"])

    _REDRAW(data={"figures": [_flat(figure) for figure in figures]}, key=key, on_clicked_change=clicked)


def _flat(figure: Redraw) -> dict[str, Any]:
    return {**vars(figure), **vars(figure.changes), "changes": None}
