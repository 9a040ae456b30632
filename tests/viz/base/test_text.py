"""Text of the user is drawn as it is, and numbers are as long as they are precise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.base.text import brief, escape, number, precise, shorten, signed


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


def test_markup_is_escaped_and_quotes_stay_for_plotly_does_not_know_their_entity():
    assert escape("<b>&amp;\"'") == "&lt;b&gt;&amp;amp;\"'"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.2257, "0.23"),
        (-1.494, "−1.5"),
        (12.518, "13"),
        (-123.4, "−120"),
        (-10_007.2, "−10,000"),
        (float(np.finfo(np.float32).min), "−3.4e38"),
        (-10_000.0, "−10,000"),
        (float("-inf"), "−∞"),
        (float("nan"), "NaN"),
        (0.00012, "1.2e−4"),
        (0.996, "1.0"),
    ],
)
def test_numbers_show_two_significant_figures_and_what_is_no_number(value: float, shown: str) -> None:
    assert signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0796, "1.08"), (-2.7871, "−2.79"), (0.008823, "0.00882"), (0.9996, "1.00"), (123.4, "123"), (0.00012, "1.20e−4"),
     (float(np.finfo(np.float32).min), "−3.4e38"), (0.0, "0")],
)  # fmt: skip
def test_numbers_that_a_reader_calculates_with_show_three(value: float, shown: str) -> None:
    assert signed(value, 3) == shown


def test_precise_numbers_show_all_figures_of_a_float32() -> None:
    assert precise(float(np.float32(0.1))) == "0.100000001"
    assert precise(float("-inf")) == "−∞"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *(
            (0.0, "0"),
            (0.1234, ".12"),
            (-0.1234, "−.12"),
            (0.003, "≈0"),
            (-0.0049, "≈0"),
            (0.005, ".01"),
            (0.996, "1.0"),
            (1.04, "1.0"),
            (9.99, "10"),
        ),
        *((-345.2, "−345"), (math.nan, "NaN"), (-math.inf, "−∞")),
    ],
)
def test_a_brief_number_has_two_decimals_at_most_and_no_zero_before_them(value: float, written: str) -> None:
    assert brief(value) == written
