"""Lessons read from files: what a file may say, and one sentence for each mistake in one."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lessons.checks import MEASURES, SMALLEST_MARGIN, Check
from lessons.states import CheckParameter, PageState, parse_state
from model_utils.errors import ReaderError

FOLDER = Path(__file__).parent
# Names a folder with a teacher's own lessons.
FOLDER_VARIABLE = "MASKSCOPE_LESSONS"

MAX_BYTES, MAX_STEPS, MAX_CHECKS, MAX_MINUTES = 200_000, 40, 20, 60
CHOICES = range(2, 7)  # as many as a screen holds, and a digit key each
LINE, PARAGRAPH = 300, 2_000  # characters
_HERE = "here"
_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")


class LessonError(ReaderError):
    """A lesson file cannot be used: which one, in which step and field, and why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a lesson: what is on screen, what is asked, what the reveal says.

    Either `choices` are given, `answer` the place of the right one where there is one, or `prompt` says what to do.
    """

    number: int
    title: str
    state: PageState
    question: str
    choices: tuple[str, ...]
    answer: int | None
    prompt: str
    reveal: str
    note: str
    minutes: int
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A lesson: `id` is what links name it by, `aim` what it is for, `needs` what a class should know or have."""

    id: str
    title: str
    aim: str
    needs: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        """Return how long all steps take together."""
        return sum(step.minutes for step in self.steps)


class _Reader(yaml.BaseLoader):  # type: ignore[misc] # yaml publishes no types
    """YAML without any type but text, list and mapping: `1:0` is not 60 here, and `yes` and `on` are words."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping. Raises YAMLError for a field that stands there twice, which YAML itself lets pass."""
        names = [key.value for key, _ in getattr(node, "value", ()) if isinstance(key, yaml.ScalarNode)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise yaml.MarkedYAMLError(problem=f"{min(twice)} stands there twice", problem_mark=node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


class _Fields:
    """The fields of one mapping of a file, each taken out once; `where` names the file and the step."""

    def __init__(self, where: str, node: Any) -> None:
        if not isinstance(node, dict):
            raise LessonError(f"{where}: fields are missing, such as `title: …`.")
        self.where, self._left = where, dict(node)

    def wrong(self, name: str, what: str) -> LessonError:
        """Return the error that `name` is wrong in the way of `what`."""
        return LessonError(f"{self.where}, {name}: {what}.")

    def text(self, name: str, longest: int = LINE, default: str | None = None) -> str:
        """Return a text; without `default` it has to be there."""
        value = self._left.pop(name, default)
        if value is None or (value == "" and default is None):
            raise self.wrong(name, "is missing")
        if not isinstance(value, str):
            raise self.wrong(name, "is a list or has fields of its own, and should be one text")
        if len(value) > longest:
            raise self.wrong(name, f"has {len(value):,} characters, and {longest:,} are the most")
        return value if name in _AS_WRITTEN else value.strip()

    def number(self, name: str, default: float | None = None) -> float | None:
        """Return a number, `default` where the field is not there."""
        if name not in self._left:
            return default
        raw = self.text(name)
        try:
            return float(raw)
        except ValueError:
            raise self.wrong(name, f"{raw!r} is no number") from None

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number within its bounds."""
        raw = self.text(name)
        if not (raw.isascii() and raw.isdigit()) or not low <= int(raw) <= high:
            raise self.wrong(name, f"{raw!r} is no whole number from {low} to {high}")
        return int(raw)

    def items(self, name: str, most: int, least: int = 0) -> list[Any]:
        """Return a list with `least` to `most` items; an absent one is empty."""
        if name not in self._left:
            return []
        value = self._left.pop(name)
        if not isinstance(value, list):
            raise self.wrong(name, "should be a list: each item on a line of its own, behind a dash")
        if not least <= len(value) <= most:
            raise self.wrong(name, f"has {len(value)} items, and {least} to {most} fit")
        return value

    def has(self, name: str) -> bool:
        """Return whether the field is there and not taken out yet."""
        return name in self._left

    def end(self) -> None:
        """Raise LessonError where a field is left that nobody asked for."""
        for name in self._left:
            raise self.wrong(str(name)[:40], "is no field of this place; is it misspelt")


# A word of the model keeps the space before it.
_AS_WRITTEN = ("is", "of")


def load(path: Path, check: CheckParameter | None = None) -> Lesson:
    """Return the lesson of a file; `check` says which link parameters there are. Raises LessonError for a mistake."""
    where = path.name
    if not _ID.fullmatch(path.stem):
        raise LessonError(f"{where}: a file's name is part of links; write it in small letters, digits, - and _.")
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise LessonError(f"{where}: has {len(raw):,} bytes, and {MAX_BYTES:,} are the most.")
        fields = _Fields(where, yaml.load(raw.decode("utf-8"), Loader=_Reader))
    except OSError as error:
        raise LessonError(f"{where}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise LessonError(f"{where}: is not text in UTF-8.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise LessonError(f"{where}: {_in_words(error)}.") from None
    title, aim, needs = fields.text("title", 40), fields.text("aim", default=""), fields.text("needs")
    steps = fields.items("steps", MAX_STEPS, 1)
    if not steps:
        raise fields.wrong("steps", "is missing")
    fields.end()
    found = tuple(_step(f"{where}, step {number}", number, step, check) for number, step in enumerate(steps, start=1))
    return Lesson(id=path.stem, title=title, aim=aim, needs=needs, steps=found)


def _in_words(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{place}cannot be read as YAML ({getattr(error, 'problem', None) or 'it is nested too deeply'})"


def _step(where: str, number: int, node: Any, check: CheckParameter | None) -> Step:
    fields = _Fields(where, node)
    state = _state(fields, "open", fields.text("open", 4_000), check)
    choices = tuple(_text_item(fields, "choices", one) for one in fields.items("choices", CHOICES[-1], CHOICES[0]))
    if bool(choices) == fields.has("prompt"):
        raise fields.wrong("choices", "give either choices, or a prompt that says what to do, not both")
    answer = fields.whole("answer", 1, len(choices)) if choices and fields.has("answer") else None
    step = Step(
        number=number,
        title=fields.text("title", 60),
        state=state,
        question=fields.text("question"),
        choices=choices,
        answer=answer,
        prompt=fields.text("prompt", default=""),
        reveal=fields.text("reveal", PARAGRAPH),
        note=fields.text("note", PARAGRAPH),
        minutes=fields.whole("minutes", 1, MAX_MINUTES),
        checks=tuple(
            _check(f"{where}, check {place}", one, state, check)
            for place, one in enumerate(fields.items("checks", MAX_CHECKS), start=1)
        ),
    )
    fields.end()
    return step


def _text_item(fields: _Fields, name: str, item: Any) -> str:
    if not isinstance(item, str) or not item.strip() or len(item) > LINE:
        raise fields.wrong(name, f"each item is one text of up to {LINE} characters")
    return item.strip()


def _state(fields: _Fields, name: str, link: str, check: CheckParameter | None) -> PageState:
    try:
        return parse_state(link, check)
    except ValueError as error:
        raise fields.wrong(name, str(error)) from None


def _check(where: str, node: Any, here: PageState, check: CheckParameter | None) -> Check:
    fields = _Fields(where, node)
    names = [name for name in MEASURES if fields.has(name)]
    if len(names) != 1:
        raise LessonError(f"{where}: names {len(names)} measures, and one is needed, of {', '.join(MEASURES)}.")
    name = names[0]
    measure = MEASURES[name]
    if measure.states == 1:
        links = [fields.text(name, 4_000)]
    else:
        links = [_text_item(fields, name, one) for one in fields.items(name, measure.states, measure.states)]
    states = tuple(here if link == _HERE else _state(fields, name, link, check) for link in links)
    for one in states:
        if "text" not in one.parameters:
            raise fields.wrong(name, "its link has no text, so there is nothing to measure")
    above, below = fields.number("above"), fields.number("below")
    if measure.bounded == (above is None and below is None):
        raise fields.wrong(name, "needs a bound, above or below" if measure.bounded else "takes no bounds")
    margin = fields.number("margin", SMALLEST_MARGIN) or 0.0
    if margin < SMALLEST_MARGIN:
        raise fields.wrong("margin", f"is {margin:g}, and {SMALLEST_MARGIN:g} is the least: machines differ a little")
    options = {option: fields.text(option) for option in measure.options}
    fields.end()
    return Check(measure=name, states=states, options=options, above=above, below=below, margin=margin)


@dataclass(frozen=True, kw_only=True)
class Library:
    """The lessons that there are, by id, and a sentence for each file that cannot be used."""

    lessons: dict[str, Lesson]
    mistakes: tuple[str, ...]


def library(check: CheckParameter) -> Library:
    """Return the lessons that come with the app, then those in the folder that FOLDER_VARIABLE names."""
    own = os.environ.get(FOLDER_VARIABLE, "")
    folders = [FOLDER, *([Path(own)] if own else [])]
    files = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    missing = (f"{FOLDER_VARIABLE} names {own}, which is no folder.",) if own and not Path(own).is_dir() else ()
    stamps = tuple((path, path.stat().st_mtime_ns) for path in files if path.is_file())
    return _library(stamps, missing, check)


@lru_cache(maxsize=4)
def _library(stamps: Sequence[tuple[Path, int]], missing: tuple[str, ...], check: CheckParameter) -> Library:
    """Return the lessons of files, read again when one of them has another time of change."""
    lessons, mistakes = dict[str, Lesson](), list(missing)
    for path, _ in stamps:
        try:
            lesson = load(path, check)
        except LessonError as error:
            mistakes.append(str(error))
            continue
        if lesson.id in lessons:
            mistakes.append(f"{path.name}: a lesson of this name is there already; give the file another name.")
        else:
            lessons[lesson.id] = lesson
    return Library(lessons=lessons, mistakes=tuple(mistakes))
