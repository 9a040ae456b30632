"""Percentages read the same everywhere."""

from __future__ import annotations

import pytest

from formatting import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0\xa0%"),
        (0.00009, "<0.01\xa0%"),
        (0.0001, "0.010\xa0%"),
        (0.00043, "0.043\xa0%"),
        (0.0099999, "1.0\xa0%"),
        (0.0123, "1.2\xa0%"),
        (0.0996, "10\xa0%"),
        (0.274, "27\xa0%"),
        (0.9949, "99\xa0%"),
        (0.995, "99.5\xa0%"),
        (0.998, "99.8\xa0%"),
        (0.99904, "99.90\xa0%"),
        (0.99996, ">99.99\xa0%"),
        (0.9999999, "100\xa0%"),
        (1.0, "100\xa0%"),
        (-0.25, "-25\xa0%"),
        (float("nan"), "NaN"),
    ],
)
def test_a_share_has_two_significant_digits_and_a_floor(share: float, text: str) -> None:
    assert percent(share) == text
