"""A figure of a page: drawn by one component, which changes it in place and sends back what is clicked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.common import assets
from pages.common.caption import caption
from pages.common.components.source import source

if TYPE_CHECKING:
    from viz.base.figure import Figure

LARGEST = 6400  # px; in more, a text of 1,024 tokens would be a picture that no screen scrolls through

# What the tool bar takes above a figure, in px: it would lie on the words of the columns, on a screen that is touched always.
BAR = 26

MOST = 1.7  # of its size; a larger matrix would not fit the height of a screen

# Registered once, when the server first imports this.
_PLOT = st.components.v2.component(
    "maskscope_plot",
    html='<div class="plot-frame" role="figure"><div class="plot"></div></div>',
    css=source("plot.css"),
    js=source("saving.js", "plot.js"),
    isolate_styles=False,
)


def plot(
    figure: Figure,
    name: str,
    *,
    alt: str,
    on_click: Callable[[int, int], None] | None = None,
    least: int | None = None,
    opens: Literal["start", "end", "columns"] | float = "start",
    grows: bool = False,
    toolbar: bool = True,
    follows: bool = False,
    of: str | None = None,
) -> None:
    """Draw `figure` under the key `fig_NAME`; `alt` says what it shows, for screen readers.

    A figure is as wide as its place, at most as wide as itself and at least `least` px (left out: all of its own width). What
    is wider than its place scrolls, and is first seen where `opens` says: at an end, around a share of its width, or where the
    last column is in view and none is cut at the left. One that `grows` uses a larger place and window, up to MOST times its
    size; one that `follows` comes into view where it has become higher. The `toolbar` saves the picture as `maskscope-NAME` and
    fills the screen with it. Below a saved picture stand `alt`, the text that it is `of` (left out: the chosen sentence), the
    model, and what was set.

    `on_click` makes it clickable: it is called as a widget's callback with the row and column of the clicked cell. Cells stand
    at the whole numbers of the first axes.
    """
    key = f"fig_{name}"

    def clicked() -> None:
        click = st.session_state[key].clicked
        if on_click is not None and click is not None:
            on_click(*map(int, click["at"]))

    settings = {
        "name": f"maskscope-{name.replace('_', '-')}",
        "library": assets.address(assets.PLOTLY),
        "alt": alt,
        "caption": caption(alt, of) if toolbar else [],
        "clickable": on_click is not None,
        "least": None if least is None else min(figure.sizes.px(least), LARGEST),
        "opens": opens,
        "grows": MOST if grows else 1,
        "toolbar": toolbar,
        "bar": BAR,
        "follows": follows,
    }
    # As bytes: anything else would be written as JSON twice, once to see whether it changed.
    _PLOT(
        data=f'{{"figure":{figure.to_json()},"settings":{json.dumps(settings)}}}'.encode(),
        key=key,
        height=figure.height + BAR * toolbar,  # from the start, so that nothing below moves when it comes
        on_clicked_change=clicked,
    )
