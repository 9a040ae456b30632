"""Which step of which lesson a link names, and the values of the published controls that it opens with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons.loading import Lesson, Library, Step, library
from pages.common.link_parameters import CONTROLS, check_parameter

_NUMBER = re.compile(r"[0-9]{1,6}")

# What a step leaves as it is, since it is the reader's own choice.
KEPT = ("lesson", "cover", "notes", "room", "present")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a reader is: a lesson and one of its steps. `name` is what links carry."""

    lesson: Lesson
    step: Step

    @property
    def name(self) -> str:
        """Return the step as links name it, such as `masks-3`."""
        return f"{self.lesson.id}-{self.step.number}"

    @property
    def label(self) -> str:
        """Return the step as readers see it, such as `Masks 3 of 10`."""
        return f"{self.lesson.title} {self.step.number} of {len(self.lesson.steps)}"

    def beside(self, by: int) -> Place | None:
        """Return the place so many steps further on, None where the lesson has none."""
        number = self.step.number + by
        if not 1 <= number <= len(self.lesson.steps):
            return None
        return Place(lesson=self.lesson, step=self.lesson.steps[number - 1])


def lessons() -> Library:
    """Return the lessons that there are."""
    return library(check_parameter)


def place(name: str) -> Place | None:
    """Return the place that a link names, None where there is none."""
    lesson_id, _, number = name.rpartition("-")
    if _NUMBER.fullmatch(number) is None:  # as outside of lessons, whose files need not be looked at
        return None
    lesson = lessons().lessons.get(lesson_id)
    if lesson is None or not 1 <= int(number) <= len(lesson.steps):
        return None
    return Place(lesson=lesson, step=lesson.steps[int(number) - 1])


def values(name: str) -> Mapping[str, Any]:
    """Return the value of every published control that the step `name` opens with; none for what is no step."""
    found = place(name)
    if found is None:
        return {}
    asked = found.step.state.parameters
    return {
        one: control.parse(asked[one]) if one in asked else control.default
        for one, control in CONTROLS.items()
        if one not in KEPT
    }
