"""Results that stay covered until they are asked for: what draws them is not called, so nothing of them is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.common.lesson import lesson
from pages.common.view import View


def covered() -> bool:
    """Return whether results are covered now."""
    return not lesson.revealed()


def answer(draw: Callable[..., object], *args: Any) -> None:
    """Call `draw`, which draws a result; covered, say so in its place."""
    if covered():
        with st.container(border=True):
            st.markdown(":material/curtains_closed: Covered until you press Reveal.")
    else:
        draw(*args)


def view(one: View, *args: Any) -> None:
    """Draw a view with `args`; covered, only one that shows no result: the page's first screen says that it is covered."""
    if one.draw is not None and not (one.answers and covered()):
        one.draw(*args)
