"""Checks one lesson on the bundled model: `python -m lessons FILE`; with `--handout FOLDER` also writes its handouts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lessons.loading import FOLDER, LessonError, load
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from pages.common.link_parameters import check_parameter


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong with a lesson, and write its handouts where asked; return 0 where all is right, else 1."""
    parser = argparse.ArgumentParser(prog="python -m lessons", description="Check a lesson on the bundled model.")
    parser.add_argument("file", type=Path, help="a lesson file, or the name of a lesson of the app, such as masks")
    parser.add_argument("--handout", type=Path, metavar="FOLDER", help="write the sheets for class and teacher there")
    asked = parser.parse_args(arguments)
    own = FOLDER / f"{asked.file}.yaml"
    path = own if own.is_file() and not asked.file.exists() else asked.file
    try:
        lesson = load(path, check_parameter)
    except LessonError as error:
        print(error)
        return 1
    from model_utils.models.loading import load_model

    loaded = load_model(BUNDLED, BUNDLED_FOLDER)
    failures = 0
    for step in lesson.steps:
        for place, check in enumerate(step.checks, start=1):
            if failure := check.failure(loaded):
                print(f"{path.name}, step {step.number}, check {place}: {failure}.")
                failures += 1
    if asked.handout is not None:
        from pages.lessons.handout import student_page, teacher_page

        asked.handout.mkdir(parents=True, exist_ok=True)
        for name, page in (("class", student_page), ("teacher", teacher_page)):
            target = asked.handout / f"{lesson.id}-{name}.html"
            target.write_text(page(lesson, loaded), encoding="utf-8")
            print(f"Wrote {target}.")
    checks = sum(len(step.checks) for step in lesson.steps)
    print(f"{lesson.title}: {len(lesson.steps)} steps, {lesson.minutes} minutes, {checks} checks, {failures} wrong.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
