"""Present mode: pages laid out for the screen of a hall. Large text and figures, no sidebar, no small print."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls
from pages.common.components.window_width import window_width
from pages.common.link_parameters import CONTROLS

if TYPE_CHECKING:
    from viz.base.theme import Mode, Palette

_WIDTH = "_hall_width"
USUAL = 1920  # px; until the browser has told its own

# Grey text is as good as black from the last row: colours of what else is muted, and of lines.
_STRONG = {"light": ("#363a45", "#8b90a0"), "dark": ("#d3d8e4", "#6d7486")}


def on() -> bool:
    """Return whether pages are laid out for a hall."""
    return bool(controls.value("present") == "on")


def begin() -> None:
    """Lay the page out for a hall, where that is asked for, and note how wide its screen is. Call before anything is drawn."""
    if on():
        st.html(Path(__file__).with_name("present.css"))
        st.session_state[_WIDTH] = window_width() or st.session_state.get(_WIDTH, USUAL)


def switch(key: str = "present_switch", shortcut: str | None = "F") -> None:
    """Draw the button that begins or ends present mode, and its key."""
    st.button(
        "Stop presenting" if on() else "Present",
        key=key,
        on_click=lambda: controls.change(present="off" if on() else "on"),
        shortcut=shortcut,
        help=None if on() else CONTROLS["present"].help,
        icon=":material/close_fullscreen:" if on() else ":material/present_to_all:",
        type="tertiary",
    )


def palette(mode: Mode) -> Palette:
    """Return the colours of `mode`, and the sizes of the screen: in a hall large ones, with more contrast."""
    from viz.base.theme import PALETTES

    return _palette(mode, st.session_state.get(_WIDTH, USUAL)) if on() else PALETTES[mode]


@lru_cache(maxsize=32)
def _palette(mode: Mode, width: int) -> Palette:
    """Return the palette of a hall's screen, the same one for the same screen: figures are kept by it."""
    from viz.base.sizes import hall
    from viz.base.theme import PALETTES

    muted, line = _STRONG[mode]
    return replace(PALETTES[mode], muted=muted, line=line, sizes=hall(width))
