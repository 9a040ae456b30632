"""A run as it grows, and what takes its place when it is over."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def over() -> None:
    """Draw a run that is over. A script of its own, run by the test."""
    import streamlit as st

    from pages.common.runs import growing

    growing.draw(
        None,  # type: ignore[type-var]
        over=True,
        ended=lambda _: st.markdown("texts and picture"),
        texts=lambda _: None,
        picture=lambda _: None,
        halves=lambda: tuple(st.columns(2)),
    )


def test_what_ends_puts_away_the_half_of_the_picture_before_it_draws_its_own() -> None:
    """Streamlit keeps the children of a block whose place another takes: the second half would stand until all is drawn."""
    at = AppTest.from_function(over).run()
    block = at.main.children[0]
    assert sorted(block.children) == [0, 1]
    assert block.children[1].type == "empty"
    assert [text.value for text in at.markdown] == ["texts and picture"]
