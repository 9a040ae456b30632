"""What the lessons say of the model holds on the committed weights; what is not so is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons import __main__ as command
from lessons.checks import MEASURES, Check
from lessons.loading import FOLDER, Step, load
from lessons.states import parse_state
from pages.common.link_parameters import check_parameter

LESSONS = [load(path, check_parameter) for path in sorted(FOLDER.glob("*.yaml"))]
STEPS = [pytest.param(step, id=f"{lesson.id}-{step.number}") for lesson in LESSONS for step in lesson.steps]
SHOOK = "Masks?text=He+shook+his"


@pytest.mark.parametrize("step", STEPS)
def test_everything_that_a_step_says_holds_on_the_weights(step: Step, tiny) -> None:
    assert [failure for check in step.checks if (failure := check.failure(tiny))] == []


@pytest.mark.parametrize("step", STEPS)
def test_every_share_and_every_number_of_bits_in_a_reveal_lies_within_the_bounds_of_a_check(step: Step) -> None:
    # Left out: what is set, and what follows from another number.
    text = re.sub(r"50,257|71 %|40 words all|of 200 draws|90 %|Nearly 40 %", "", step.reveal)
    said = [float(number) / 100 for number in re.findall(r"(\d+) %", text)]
    said += [float(number) for number in re.findall(r"\d+\.\d+(?= to| bits)|(?<=to )\d+\.\d+", text)]
    for number in said:
        assert any(_between(check, number) for check in step.checks), number


def _between(check: Check, number: float) -> bool:
    """Return whether a number lies within the bounds of a check; what filters keep tells what they cut as well."""
    low, high = check.above or 0.0, 1.0 if check.below is None else check.below
    return low < number < high or (check.measure == "kept_share" and low < 1 - number < high)


@pytest.mark.parametrize(
    ("measure", "links", "options", "wrong"),
    [
        ("chance", [SHOOK], {"of": " head"}, {"below": 0.5}),
        ("entropy", [SHOOK], {}, {"above": 3}),
        ("moved", [SHOOK, f"{SHOOK}&weights=1:0"], {}, {"below": 0.5}),
        ("surprise", [f"{SHOOK}+head"], {"token": "3"}, {"above": 1}),
        ("weight", ["Mechanics?text=He+shook+his+head&head=5&key=1"], {}, {"above": 0.5}),
        ("attention", [SHOOK], {"token": "0"}, {"above": 1}),
        ("changed_rows", [SHOOK, SHOOK], {}, {"above": 0.5}),
        ("row_sum", ["Mechanics?text=He+shook+his+head&weights=0:0&head=5"], {"way": "after"}, {"above": 0.9}),
        ("in_batch", ["Tokens?text=My+dog+is%0AHe+shook+his+big+head"], {"way": "mask only"}, {"below": 0.1}),
        ("last_column", ["Tokens?text=My+dog+is%0AHe+shook+his+big+head&side=right"], {}, {"below": 0.5}),
        ("kept_words", ["Generate?text=My+dog+is&top_k=5&top_p=1"], {}, {"above": 6}),
        ("kept_share", ["Generate?text=My+dog+is&top_k=5&top_p=1"], {}, {"above": 0.9}),
        ("draw_entropy", ["Generate?text=My+dog+is&top_k=2&top_p=1"], {}, {"above": 1}),
        ("came", ["Generate?text=He+shook+his&top_k=0&top_p=1"], {"draws": "20"}, {"below": 5}),
        ("repetition", ["Generate?text=My+dog+is&max_new_tokens=8"], {}, {"above": 0.5}),
        ("forks", ["Compare?text=My+dog+is&settings=t0;t0&max_new_tokens=3"], {"row": "1"}, {"below": 100}),
    ],
)
def test_a_bound_that_does_not_hold_is_found(measure, links, options, wrong, tiny) -> None:
    states = tuple(parse_state(link, check_parameter) for link in links)
    found = Check(measure=measure, states=states, options=options, **wrong).failure(tiny)
    assert found.startswith(f"{measure} is ")
    right = {"above" if "below" in wrong else "below": next(iter(wrong.values()))}
    assert Check(measure=measure, states=states, options=options, **right).failure(tiny) == ""


def test_a_wrong_word_and_states_that_differ_are_found(tiny) -> None:
    here, hidden = (parse_state(link) for link in (SHOOK, f"{SHOOK}&weights=1:0"))
    assert "' head'" in Check(measure="top_word", states=(here,), options={"is": " fist"}).failure(tiny)
    assert Check(measure="equal", states=(here, hidden)).failure(tiny)
    assert not Check(measure="equal", states=(here, here)).failure(tiny)


def test_a_value_nearer_to_its_bound_than_the_margin_is_not_good_enough(tiny) -> None:
    state = (parse_state("Generate?text=My+dog+is&top_k=5&top_p=1"),)
    assert Check(measure="kept_words", states=state, above=4.99).failure(tiny)
    assert not Check(measure="kept_words", states=state, above=4.97).failure(tiny)


@pytest.mark.parametrize(
    ("measure", "link", "options"),
    [
        ("chance", SHOOK, {"of": "unbelievable story"}),
        ("entropy", f"{SHOOK}&weights=9:0", {}),
        ("entropy", f"{SHOOK}&sentence=4", {}),
        ("in_batch", SHOOK, {"way": "magic"}),
        ("surprise", SHOOK, {"token": "third"}),
        ("entropy", "Masks?text=", {}),
        ("forks", "Compare?text=He+shook+his&settings=t1;b4", {"row": "1"}),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(measure, link, options, tiny) -> None:
    found = Check(measure=measure, states=(parse_state(link),), options=options, above=0).failure(tiny)
    assert found.startswith(f"{measure} cannot be measured: ")


def test_every_measure_is_used_or_tried_here() -> None:
    used = {check.measure for lesson in LESSONS for step in lesson.steps for check in step.checks}
    assert used == set(MEASURES)


def test_the_command_says_what_is_wrong_and_ends_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.yaml"
    text = (FOLDER / "masks.yaml").read_text(encoding="utf-8").split("  - title: The word that")[0]
    path.write_text(text, encoding="utf-8")
    assert command.main([str(path)]) == 0
    path.write_text(text.replace("above: 0.95, below: 1.01", "above: 1, below: 2"), encoding="utf-8")
    assert command.main([str(path)]) == 1
    assert "own.yaml, step 1, check 3: moved is 0.9" in capsys.readouterr().out
    path.write_text("title: x", encoding="utf-8")
    assert command.main([str(path)]) == 1
    assert "own.yaml, needs" in capsys.readouterr().out
