"""Readers' text in Markdown."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.common.markdown import literal, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](HTTP://a/b)", "\\!\\[x\\](HTTP:\u2060//a/b)"),
        ("https://a.b www.a.b a.b@c.d awww", "https:\u2060//a.b www\u2060.a.b a.b@\u2060c.d awww"),
        (":red[x] $y$", r"\:red\[x\] \$y\$"),
        ("two\nlines", "two lines"),
        ("plain words 1 é ␣", "plain words 1 é ␣"),
    ],
)
def test_markdown_shows_the_text_as_it_is(text: str, shown: str) -> None:
    assert literal(text) == shown


def test_plain_text_has_no_marks_of_bold_and_code() -> None:
    assert plain("**Two** of `a*b` * and **`x`**") == "Two of a*b * and x"


def _page() -> None:
    from model_utils.errors import InputError
    from pages.common import controls, frame

    controls.restore()
    controls.draw_notes()
    with frame.reader_errors():
        raise InputError("Not *this*")


def test_sentences_that_carry_a_readers_text_are_shown_literally() -> None:
    at = AppTest.from_function(_page)
    at.query_params["seed"] = "![x](y)"
    at.run()
    assert at.error[0].value == r"Not \*this\*"
    assert "`![x](y)`" in at.info[0].value
