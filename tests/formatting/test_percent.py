"""Percentages read the same everywhere."""

from __future__ import annotations

import pytest

from formatting import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.00009, "<0.01 %"),
        (0.0001, "0.010 %"),
        (0.00043, "0.043 %"),
        (0.0099999, "1.0 %"),
        (0.0123, "1.2 %"),
        (0.0996, "10 %"),
        (0.274, "27 %"),
        (0.996, "100 %"),
        (1.0, "100 %"),
        (-0.25, "-25 %"),
        (float("nan"), "NaN"),
    ],
)
def test_a_share_has_two_significant_digits_and_a_floor(share: float, text: str) -> None:
    assert percent(share) == text
