"""Lesson files: what is read from one, and the sentence for each mistake: file, step and field are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons import loading
from lessons.loading import FOLDER, LessonError, library, load
from lessons.states import PAGES
from pages.common.frame import MENU
from pages.common.link_parameters import check_parameter

GOOD = """
title: Mine
needs: nothing
steps:
  - title: First
    open: Masks?text=He+shook+his&weights=1:0
    question: What comes next?
    choices: [yes, no]
    answer: 2
    reveal: This.
    note: Say it slowly.
    minutes: 5
    checks:
      - {entropy: here, above: 9}
  - title: Second
    open: Tokens
    question: What do you see?
    prompt: Talk to each other.
    reveal: That.
    note: None.
    minutes: 3
"""


def written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lesson_is_read_with_its_links_as_text(tmp_path: Path) -> None:
    lesson = load(written(tmp_path, GOOD), check_parameter)
    first, second = lesson.steps
    assert (lesson.id, lesson.title, lesson.minutes) == ("mine", "Mine", 8)
    assert first.state.page == "Masks"
    assert first.state.parameters == {"text": "He shook his", "weights": "1:0"}
    assert first.choices == ("yes", "no")  # words, whatever YAML makes of them elsewhere
    assert first.answer == 2
    assert first.checks[0].states == (first.state,)
    assert (second.choices, second.prompt, second.answer) == ((), "Talk to each other.", None)


def test_a_lesson_may_say_what_it_is_for(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).aim == ""
    assert load(written(tmp_path, GOOD.replace("needs:", "aim: to see\nneeds:"))).aim == "to see"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title: Mine", "titel: Mine", ["mine.yaml, title"]),
        ("needs: nothing", "needs: nothing\ncolour: red", ["mine.yaml, colour"]),
        ("needs: nothing", "needs: nothing\nneeds: more", ["mine.yaml", "line 2", "needs"]),
        ("needs: nothing", "needs: [nothing", ["mine.yaml", "line"]),
        ("needs: nothing", f"needs: {'x' * 301}", ["mine.yaml, needs", "301", "300"]),
        ("steps:", "stages:", ["mine.yaml, steps"]),
        ("    question: What comes next?\n", "", ["step 1, question"]),
        ("question: What comes next?", "question: [one, two]", ["step 1, question"]),
        ("question: What do you see?", "qestion: What do you see?", ["step 2, question"]),
        ("open: Tokens", "open: Token", ["step 2, open", *PAGES]),
        ("open: Tokens", "open: Tokens?sid=left", ["step 2, open", "sid"]),
        ("open: Tokens", "open: Tokens?side=up", ["step 2, open", "side", "left or right"]),
        ("open: Tokens", "open: Tokens?side", ["step 2, open", "side"]),
        ("open: Tokens", "open: Tokens?side=left&side=right", ["step 2, open", "twice"]),
        ("choices: [yes, no]", "choices: [yes]", ["step 1, choices", "1", "2 to 6"]),
        ("choices: [yes, no]", "choices: yes", ["step 1, choices"]),
        ("choices: [yes, no]", "choices: [yes, [no]]", ["step 1, choices"]),
        ("choices: [yes, no]\n    answer: 2", "note2: x", ["step 1, choices"]),
        ("prompt: Talk", "choices: [a, b]\n    prompt: Talk", ["step 2, choices"]),
        ("answer: 2", "answer: 3", ["step 1, answer", "'3'", "1 to 2"]),
        ("minutes: 5", "minutes: five", ["step 1, minutes", "'five'", "1 to 60"]),
        ("minutes: 5", "minutes: 0", ["step 1, minutes", "'0'"]),
        ("{entropy: here, above: 9}", "{entropi: here, above: 9}", ["step 1, check 1", "entropy"]),
        ("{entropy: here, above: 9}", "{entropy: here}", ["step 1, check 1, entropy"]),
        ("{entropy: here, above: 9}", "{entropy: here, above: much}", ["step 1, check 1, above", "'much'"]),
        ("{entropy: here, above: 9}", "{entropy: here, above: 9, margin: 0.01}", ["check 1, margin", "0.02"]),
        ("{entropy: here, above: 9}", "{entropy: here, above: 9, of: x}", ["step 1, check 1, of"]),
        ("{entropy: here, above: 9}", "{entropy: 'Masks?weights=1:0', above: 9}", ["check 1, entropy", "text"]),
        ("{entropy: here, above: 9}", "{equal: [here, here], above: 9}", ["step 1, check 1, equal"]),
        ("{entropy: here, above: 9}", "{moved: [here], above: 9}", ["step 1, check 1, moved", "2 to 2"]),
        ("{entropy: here, above: 9}", "{top_word: here}", ["step 1, check 1, is"]),
    ],
)
def test_a_mistake_is_one_sentence_with_file_step_and_field(
    tmp_path: Path, old: str, new: str, where: list[str]
) -> None:
    assert old in GOOD
    with pytest.raises(LessonError) as found:
        load(written(tmp_path, GOOD.replace(old, new, 1)), check_parameter)
    sentence = str(found.value)
    assert sentence.startswith("mine.yaml")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for part in where:
        assert part in sentence, sentence


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "[" * 3_000])
def test_what_is_no_lesson_at_all_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(LessonError, match=r"^mine\.yaml"):
        load(written(tmp_path, text))


def test_nothing_in_a_file_is_made_into_an_object(tmp_path: Path) -> None:
    text = GOOD.replace("question: What comes next?", "question: !!python/object/apply:os.getcwd []")
    with pytest.raises(LessonError):
        load(written(tmp_path, text))


def test_a_file_that_is_large_or_no_text_or_has_a_name_that_no_link_can_carry(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    for path in (
        written(tmp_path, "x" * 200_001, "large.yaml"),
        written(tmp_path, GOOD, "My lesson.yaml"),
        tmp_path / "bytes.yaml",
        tmp_path / "absent.yaml",
    ):
        with pytest.raises(LessonError, match=f"^{path.name}"):
            load(path)


def test_own_lessons_stand_beside_those_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(loading.FOLDER_VARIABLE, str(tmp_path))
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, "masks.yaml")
    written(tmp_path, GOOD.replace("minutes: 3", "minutes: x"), "other.yaml")
    found = library(check_parameter)
    assert list(found.lessons) == ["masks", "sampling", "mine"]
    assert found.lessons["masks"].title != "Mine"
    assert [mistake.split(":")[0].split(",")[0] for mistake in found.mistakes] == ["masks.yaml", "other.yaml"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(loading.FOLDER_VARIABLE, str(tmp_path / "absent"))
    found = library(check_parameter)
    assert list(found.lessons) == ["masks", "sampling"]
    assert "absent" in found.mistakes[0]


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv(loading.FOLDER_VARIABLE, str(tmp_path))
    path = written(tmp_path, GOOD)
    assert library(check_parameter).lessons["mine"].title == "Mine"
    written(tmp_path, GOOD.replace("title: Mine", "title: Ours"))
    os.utime(path, ns=(1, 1))
    assert library(check_parameter).lessons["mine"].title == "Ours"


def test_the_pages_of_lessons_are_those_of_the_menu() -> None:
    assert set(PAGES) == {label for _, label in MENU} - {"Home", "Lessons"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_lesson_of_the_app_takes_about_45_minutes_and_every_step_has_its_note(path: Path) -> None:
    lesson = load(path, check_parameter)
    assert 40 <= lesson.minutes <= 50
    assert 8 <= len(lesson.steps) <= 12
    for step in lesson.steps:
        assert step.checks, step.title
        assert step.choices or step.prompt


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_place_holds_more_than_half_of_the_right_answers_of_a_lesson(path: Path) -> None:
    answers = [step.answer for step in load(path, check_parameter).steps if step.answer is not None]
    assert max(map(answers.count, answers)) <= len(answers) / 2
