"""Text of the user is drawn as it is, and numbers are as long as they are precise."""

from __future__ import annotations

import pytest

from viz.base.text import escape, number, shorten


@pytest.mark.parametrize(
    ("weight", "text"),
    [(1, "1.0"), (0.996, "1.0"), (0.34, "0.34"), (0.1, "0.10"), (0.0951, "0.095"), (0.034, "0.034"), (0.0034, "0.0034"),
     (0.00034, "3e-4"), (0, "0"), (1e-12, "1e-12")],
)  # fmt: skip
def test_numbers_have_two_significant_figures(weight, text):
    assert number(weight) == text


def test_long_labels_are_shortened_and_wide_characters_count_double():
    assert shorten("abc") == "abc"
    assert shorten("antidisestablishment") == "antidisesta…"
    assert shorten("世" * 9) == "世" * 5 + "…"


def test_markup_is_escaped():
    assert escape("<b>&amp;") == "&lt;b&gt;&amp;amp;"
