"""Which step of a lesson a link names: one that is there, or none, whatever the link says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pages.common.lesson.lesson_steps import lessons, place


@pytest.mark.parametrize(("name", "number"), [("masks-1", 1), ("masks-10", 10), ("masks-003", 3), ("sampling-7", 7)])
def test_a_step_is_found_by_its_lesson_and_number(name: str, number: int) -> None:
    found = place(name)
    assert found is not None
    assert (found.lesson.id, found.step.number) == (name.partition("-")[0], number)


@given(st.text(alphabet="0123456789-+٣ x", max_size=30))
@example("0000030")
@example("9" * 5000)
@example("11")
def test_any_other_number_names_no_step(number: str) -> None:
    found = place(f"masks-{number}")
    if found is not None:
        assert found.step.number == int(number)
        assert 1 <= found.step.number <= len(lessons().lessons["masks"].steps)
