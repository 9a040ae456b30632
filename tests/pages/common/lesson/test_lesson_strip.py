"""The strip of a lesson: which figure a step lands at, and what its texts become."""

from __future__ import annotations

import pytest

from pages.common.lesson import lesson_strip
from pages.common.lesson.lesson_steps import place


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("masks-1", "mask_strip"),
        ("masks-6", ""),
        ("masks-3", "effect_shown"),
        ("masks-4", "difference_shown"),
        ("masks-5", "fig_surprise"),
        ("masks-7", "fig_wrong"),
        ("masks-9", "fig_next"),
        ("masks-10", "fig_independence"),
        ("sampling-2", "fig_dice"),
        ("sampling-4", "fig_waterfall"),
        ("sampling-5", "steps_shown"),
        ("sampling-10", "fig_ladder"),
    ],
)
def test_a_step_lands_at_what_it_asks_about(name: str, key: str) -> None:
    assert lesson_strip._view(place(name)) == key


def test_after_the_reveal_the_right_choice_and_the_own_one_are_marked() -> None:
    step = place("masks-2")
    marked = [lesson_strip._marked(step, at, 0).replace("\N{NO-BREAK SPACE}", " ") for at in range(3)]
    assert marked == [
        ":red-badge[:material/close: 1 · They (you said)]",
        ":gray-badge[2 · shook]",
        ":green-badge[:material/check: **3 · their**]",
    ]
    assert lesson_strip._marked(step, 2, 2).startswith(":green-badge[")
    assert "(you said)" in lesson_strip._marked(step, 2, 2)
    assert "(you said)" not in lesson_strip._marked(step, 2, None)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("has 4 %, then", "has 4~%, then"),
        ("**98 %**", "**98~%**"),
        ("9.1 bits and 1 bit", "9.1~bits and 1~bit"),
        ("3 bitter", "3 bitter"),
    ],
)
def test_a_number_stays_in_one_line_with_its_unit(text: str, joined: str) -> None:
    assert lesson_strip._unbroken(text) == joined.replace("~", "\N{NO-BREAK SPACE}")
