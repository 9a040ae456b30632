"""A matrix that cannot name all its tokens says so."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from pages.common.notes import thinned_names

    thinned_names.say(["word"] * st.session_state["tokens"])


@pytest.mark.parametrize(("tokens", "notes"), [(8, 0), (100, 1)])
def test_it_is_said_only_where_names_are_left_out(tokens: int, notes: int) -> None:
    at = AppTest.from_function(_page)
    at.session_state["tokens"] = tokens
    at.run()
    assert not at.exception
    assert len(at.caption) == notes
