"""What takes a click lies where its entry does, says what it holds, and is never seen."""

from __future__ import annotations

from viz.base.click_targets import targets, unseen


def test_each_entry_has_one_square_that_knows_its_row_and_column() -> None:
    trace = targets([["a", "b", "c"], ["d", "e", "f"]], name="cells", size=10)
    at = list(zip(trace.customdata, trace.y, trace.x, trace.text, strict=True))
    assert at[1] == ([0, 1], 0, 1, "b")
    assert at[5] == ([1, 2], 1, 2, "f")
    assert (trace.name, trace.marker.size, trace.showlegend) == ("cells", 10, None)


def test_a_square_stays_unseen_when_it_or_another_is_clicked() -> None:
    look = unseen(7)
    states = (look, look["selected"], look["unselected"])
    assert [state["marker"]["opacity"] for state in states] == [0, 0, 0]
