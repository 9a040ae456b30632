"""Pages for quick clicks: buttons whose callbacks take their time, one that computes until it is left, and the next one."""

import threading
import time

import streamlit as st

# Seconds that a callback takes before it stores what was pressed, and after which the second page gives up waiting.
SECONDS, PATIENCE = 0.5, 30.0


def buttons() -> None:
    """Draw two buttons, and what was pressed."""

    def press(name: str) -> None:
        time.sleep(SECONDS)
        st.session_state["pressed"] = [*st.session_state.get("pressed", []), name]

    for name in ("first", "second"):
        st.button(name, key=name, on_click=press, args=(name,))
    st.text(" ".join(st.session_state.get("pressed", [])))


def busy() -> None:
    """Compute until the next page is drawn, without a look at what its reader wants meanwhile."""
    left().wait(PATIENCE)
    left().over = True  # type: ignore[attr-defined]


def beside() -> None:
    """Say whether the page before was still under way."""
    st.text("waited" if hasattr(left(), "over") else "at once")
    left().set()


@st.cache_resource
def left() -> threading.Event:
    """Return what is set once the page that computes was left."""
    return threading.Event()


if __name__ == "__main__":
    st.navigation([st.Page(buttons), st.Page(busy), st.Page(beside)]).run()
else:
    from pages.common import callbacks

    callbacks.take_over_whole()
    callbacks.leave_at_once()
    app = st.App(__file__)
