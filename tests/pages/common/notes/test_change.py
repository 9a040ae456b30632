"""A change in a sentence: its share, or why there is none."""

from __future__ import annotations

from formatting import percent
from pages.common.notes import change


def test_a_change_is_told_by_its_share_and_none_by_its_reason() -> None:
    assert percent(0.17) in change.sentence("Hiding it", 0.17, why="of a reason")
    for moved, why in ((0.0, "of a reason"), (change.EQUAL / 2, change.LITTLE)):
        nothing = change.sentence("The pattern", moved, why="of a reason")
        assert "%" not in nothing
        assert nothing.endswith(f": {why}.")
    assert percent(change.EQUAL) in change.sentence("Hiding it", change.EQUAL)
