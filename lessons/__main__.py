"""Checks one lesson file, on the bundled model: `python -m lessons FILE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lessons.loading import LessonError, load
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from pages.common.link_parameters import check_parameter


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong with a lesson, or its steps; return 0 where all is right, else 1."""
    parser = argparse.ArgumentParser(prog="python -m lessons", description="Check a lesson file on the bundled model.")
    parser.add_argument("file", type=Path)
    path = parser.parse_args(arguments).file
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
    checks = sum(len(step.checks) for step in lesson.steps)
    print(f"{lesson.title}: {len(lesson.steps)} steps, {lesson.minutes} minutes, {checks} checks, {failures} wrong.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
