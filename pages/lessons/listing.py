"""The list of the Lessons page."""

from __future__ import annotations


def draw() -> None:
    """Draw the lessons."""
