"""A frame in which a wide figure scrolls sideways: Streamlit squeezes every figure into the width of its column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import streamlit as st

LARGEST = 6400  # px; in more, a text of 1,024 tokens would be a picture that no screen scrolls through


@contextmanager
def scroll_frame(name: str, width: int, *, opens: Literal["start", "end"] = "start") -> Iterator[None]:
    """Draw the block's figure at least `width` px wide, in a frame of the page's width that scrolls where it must.

    `name` makes the frame's key, `opens` says which end is seen first. On a screen that is wide enough nothing changes.
    The rule that frames share is in frame.css.
    """
    with (
        st.container(key=f"scroll_{opens}_{name}", horizontal=True, wrap=False),
        st.container(width=min(width, LARGEST)),
    ):
        yield
