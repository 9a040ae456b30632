"""A page of two buttons, which stores what was pressed: a callback takes its time before it does so."""

import time

import streamlit as st

SECONDS = 0.5

if __name__ == "__main__":

    def press(name: str) -> None:
        """Store, a while after the click."""
        time.sleep(SECONDS)
        st.session_state["pressed"] = [*st.session_state.get("pressed", []), name]

    for name in ("first", "second"):
        st.button(name, key=name, on_click=press, args=(name,))
    st.text(" ".join(st.session_state.get("pressed", [])))
else:
    from pages.common import callbacks

    callbacks.take_over_whole()
    app = st.App(__file__)
