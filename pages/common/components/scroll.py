"""A frame in which a wide figure scrolls sideways: Streamlit squeezes every figure into the width of its column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import streamlit as st

# scroll.css has a rule for each of these widths, in px.
STEP = 80
LARGEST = 6400


@contextmanager
def scroll_frame(name: str, width: int, *, opens: Literal["start", "end"] = "start") -> Iterator[None]:
    """Draw the block's figure at least `width` px wide, in a frame of the page's width that scrolls where it must.

    `name` makes the frame's key, `opens` says which end is seen first. On a screen that is wide enough nothing changes.
    """
    size = min(-(-width // STEP) * STEP, LARGEST)
    st.html(Path(__file__).with_name("scroll.css"))
    with st.container(key=f"{name}_frame_{size}px_{opens}"):
        yield
