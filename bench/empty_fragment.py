"""The least that Streamlit can do: a fragment with a button and a number. The benchmark's yardstick."""

import streamlit as st


@st.fragment
def least() -> None:
    """Count the clicks."""
    st.session_state["count"] = st.session_state.get("count", -1) + 1
    st.button("again", key="again")
    st.html(f"<p class='count'>{st.session_state['count']}</p>")


least()
