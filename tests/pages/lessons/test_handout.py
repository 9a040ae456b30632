"""The sheets of a lesson: what the class has tells no answer, what teachers have tells all; both are one file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.loading import FOLDER, Lesson, load
from pages.lessons.handout import GRID_UP_TO, MASKED, student_page, teacher_page

LESSONS = [pytest.param(load(path), id=path.stem) for path in sorted(FOLDER.glob("*.yaml"))]
MAX_BYTES = 6_000_000

MINE = """
title: Mine <script>alert(1)</script>
needs: nothing
steps:
  - title: Tags & more
    open: Masks?text=</script><b>He&weights=0:0
    question: Is 1 < 2? {{style}}
    choices: ["<i>yes</i>", "no"]
    answer: 1
    reveal: "It is **so**: `</script>`"
    note: none
    minutes: 1
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_class_gets_questions_and_room_and_no_answers(lesson: Lesson, tiny) -> None:
    sheet = student_page(lesson, tiny)
    assert "<script" not in sheet
    assert "right" not in re.sub(r"<style>.*?</style>", "", sheet, flags=re.DOTALL).replace("on the right", "").replace(
        "right for both", ""
    )
    for step in lesson.steps:
        assert step.title in sheet
        assert step.reveal[-25:] not in sheet
        assert step.note[-25:] not in sheet
    assert sheet.count('class="lines"') == len(lesson.steps)
    assert sheet.count("<li>") == sum(len(step.choices) for step in lesson.steps)


@pytest.mark.parametrize("lesson", LESSONS)
def test_teachers_get_answers_notes_and_figures_in_one_file(lesson: Lesson, tiny) -> None:
    sheet = teacher_page(lesson, tiny)
    assert sheet.count("<li class=right>") == len(lesson.steps)
    assert sheet.count('class="note"') == len(lesson.steps)
    drawn, called = (re.findall(pattern, sheet) for pattern in (r'<div id="(figure_\d+)"', r'newPlot\("(figure_\d+)"'))
    assert drawn == called
    assert len(drawn) >= 6
    assert len(sheet.encode()) < MAX_BYTES


def test_a_mask_is_filled_in_on_a_grid_of_the_words(tiny) -> None:
    lesson = load(FOLDER / "masks.yaml")
    shown = [step for step in lesson.steps if step.state.page in MASKED]
    sizes = [len(step.state.batch(tiny).tokens[0]) for step in shown]
    sheet = student_page(lesson, tiny)
    assert sheet.count("<td></td>") == sum(size**2 for size in sizes if size <= GRID_UP_TO)


def test_what_a_lesson_says_is_text_in_both(tmp_path: Path, tiny) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    lesson = load(path)
    for sheet in (student_page(lesson, tiny), teacher_page(lesson, tiny)):
        assert "<b>" not in sheet
        assert "<i>yes" not in sheet
        assert "alert(1)</script>" not in sheet
        assert "{{style}}" in sheet
    teacher = teacher_page(lesson, tiny)
    assert "<strong>so</strong>: <code>&lt;/script&gt;</code>" in teacher
    assert teacher.count("</script>") == teacher.count("<script>") == 3  # plotly.js and two figures
