"""The views below the open head: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls, cover, frame
from pages.common.view import View
from pages.heads import beside, gallery, lines
from pages.heads.averages import averages
from pages.heads.measures import measures
from pages.heads.search import search

if TYPE_CHECKING:
    from pages.heads.first_screen import HeadSelection

VIEWS = {
    "none": View(label="nothing"),
    "measures": View(label="measures", draw=measures),
    "side-by-side": View(label="side by side", draw=gallery.draw),
    "lines": View(label="lines", draw=lines.lines),
    "compare": View(label="beside another", draw=beside.draw),
    "first-token": View(label="first column", draw=lines.first_column),
    "search": View(label="find", draw=search),
    "averages": View(label="many as one", draw=averages),
}


def draw(selection: HeadSelection) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = VIEWS[controls.choice("closer", VIEWS, on=st.pills)]
    with frame.reader_errors():
        cover.view(view, selection)
