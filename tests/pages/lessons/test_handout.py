"""The sheets of a lesson: what the class has tells no answer, what teachers have tells all; both are one file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.loading import FOLDER, Lesson, load
from pages.lessons.handout import student_page, teacher_page

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
    assert len(drawn) >= 7
    assert len(sheet.encode()) < MAX_BYTES


def made(folder: Path, link: str, checks: str = "[]") -> Lesson:
    """Return a lesson of one step that opens `link`."""
    path = folder / "made.yaml"
    step = f'{{title: a, open: "{link}", question: q, prompt: p, reveal: r, note: n, minutes: 1, checks: {checks}}}'
    path.write_text(f"title: Made\nneeds: none\nsteps: [{step}]\n", encoding="utf-8")
    return load(path)


def sections(sheet: str) -> list[str]:
    return re.findall(r"<section>.*?</section>", sheet, flags=re.DOTALL)


def test_the_class_fills_in_a_table_where_a_step_is_about_one_and_nowhere_else(tiny) -> None:
    steps = sections(student_page(load(FOLDER / "masks.yaml"), tiny))
    cells = [step.count("<td></td>") for step in steps]
    # The sentence of step 5 has 13 tokens, one row of them filled in; the longest of the batch has 8.
    assert cells == [0, 0, 0, 0, 12 * 13, 0, 0, 3 * 8, 3 * 8, 0]
    assert steps[4].count("<td>✓</td>") == 13


def test_the_row_that_is_filled_in_is_that_of_the_mask(tmp_path: Path, tiny) -> None:
    sheet = student_page(made(tmp_path, "Masks?text=They+shook+their+heads&pattern=window&width=2"), tiny)
    row = re.findall(r"<td>✓</td>|<td class=\"shut\"></td>", sheet)
    assert ["✓" in cell for cell in row] == [False, True, True, False]
    long = student_page(made(tmp_path, f"Masks?text={'a+' * 17}a&pattern=window"), tiny)
    assert "<table" not in long


def test_a_set_up_is_told_in_the_words_of_a_student(tmp_path: Path, tiny) -> None:
    for link, parts in (
        ("Masks?text=They+shook+their&weights=1:0,2:0.5&cells=2-0", ["“shook”", "“their” (0.5)", "by hand: 1"]),
        ("Tokens?text=He+sat%0AMy+dog+is&pad=3290&side=right", ["“dog”", "on the right"]),
        ("Masks?text=They+shook+their&pattern=window&width=2", ["the last 2, itself included"]),
    ):
        found = " ".join(re.findall(r'<p class="setup">(.*?)</p>', student_page(made(tmp_path, link), tiny)))
        assert all(part in found for part in parts), found
        assert not re.search(r"3290|sentence 0|␣", found)


def test_without_a_figure_teachers_get_the_numbers_of_the_checks(tmp_path: Path, tiny) -> None:
    link = "Compare?text=Once+upon+a+time&settings=k5;t0&max_new_tokens=3"
    checks = (
        '[{forks: here, row: 1, above: 0}, {entropy: "Masks?text=They+shook+their", above: 0}, {top_word: here, is: x}]'
    )
    sheet = teacher_page(made(tmp_path, link, checks), tiny)
    assert "<script" not in sheet
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall(r"<tr>(<td>.*?)</tr>", sheet)]
    assert len(rows) == 3
    assert "row 1" in rows[0][0]
    assert "They shook their" in rows[1][1]
    assert float(rows[1][2]) > 0
    assert "x" in rows[2][0]


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
    assert teacher.count("</script>") == teacher.count("<script>") == 2  # plotly.js and a figure
