"""Lessons on the pages: every step opens by its link, covered until Reveal; the strip leads through them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from streamlit.testing.v1 import AppTest

from lessons.loading import FOLDER, FOLDER_VARIABLE, Lesson, Step, load
from model_utils.models import forward as door
from pages.common import frame
from pages.common.caches import cache_shared
from pages.common.lesson import lesson_steps
from pages.common.link_parameters import CONTROLS, check_parameter
from tests.tools.figures import figures

APP = Path(__file__).parents[3] / "app.py"
FILES = {label: path for path, label in frame.MENU}
LESSONS: dict[str, Lesson] = {path.stem: load(path, check_parameter) for path in FOLDER.glob("*.yaml")}
STEPS = [
    pytest.param(step, f"{name}-{step.number}", id=f"{name}-{step.number}")
    for name, one in sorted(LESSONS.items())
    for step in one.steps
]


pytestmark = pytest.mark.usefixtures("nothing_kept")


def opened(page: str, **link: str) -> AppTest:
    """Return a page, opened cold by a link."""
    at = AppTest.from_file(str(APP), default_timeout=120)
    if page != "Home":
        at.switch_page(FILES[page])
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def settled(at: AppTest) -> AppTest:
    """Return the page once what grows on it has ended."""
    deadline = time.monotonic() + 60
    while any(button.key == "stop" and not button.disabled for button in at.button) and time.monotonic() < deadline:
        time.sleep(0.2)
        at.run()
    assert not at.exception
    return at


def sent(at: AppTest) -> str:
    """Return all that was sent to the browser, text, figures, components and help alike, as one text with plain spaces."""
    shown = (text_format.MessageToString(element.proto, as_utf8=True) for element in _elements(at._tree))
    return "\n".join(shown).replace("\\'", "'").replace('\\"', '"').replace("\N{NO-BREAK SPACE}", " ")


def _elements(node: Any) -> Iterator[Any]:
    for child in getattr(node, "children", {}).values():
        yield from _elements(child)
    if not hasattr(node, "children") and hasattr(node, "proto"):
        yield node


def forbid_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run of the model fail: it has one door, and whoever came through it earlier is asked anew."""

    def closed(*_: Any, **__: Any) -> None:
        raise AssertionError("the model was run")

    import sys

    cache_shared.clear()
    original = door.forward
    for module in list(sys.modules.values()):
        if getattr(module, "forward", None) is original:
            monkeypatch.setattr(module, "forward", closed)


@pytest.mark.parametrize(("step", "name"), STEPS)
def test_a_step_opens_covered_and_shows_its_answer_after_reveal(step: Step, name: str, monkeypatch) -> None:
    with monkeypatch.context() as covered:
        forbid_the_model(covered)
        at = opened(step.state.page, lesson=name)
        before = sent(at)
    assert step.question in before
    assert all(choice in before for choice in step.choices)
    assert step.reveal not in before
    assert step.note not in before
    assert not figures(at)
    assert not at.metric
    assert not at.code
    assert not at.get("download_button")
    assert not [*at.error, *at.warning, *at.info]  # no value of its link was refused
    settled(press(at, "lesson_reveal"))
    after = sent(at)
    assert step.reveal in after
    assert step.note not in after
    assert figures(at)
    assert after.count(":green-badge[") == 1  # the right choice, among all of them
    assert f":green-badge[:material/check: **{step.answer} · {step.choices[step.answer - 1]}**]" in after
    assert all(f"{number} · {choice}" in after for number, choice in enumerate(step.choices, start=1))


@pytest.mark.parametrize(("step", "name"), STEPS)
def test_a_step_sets_the_controls_as_its_link_says_and_all_others_at_their_defaults(step: Step, name: str) -> None:
    values = lesson_steps.values(name)
    asked = step.state.parameters
    assert {one: CONTROLS[one].written(values[one]) for one in asked} == dict(asked)
    assert all(value == CONTROLS[one].default for one, value in values.items() if one not in asked)


def test_any_page_opens_the_page_and_the_state_of_the_step_that_a_link_names() -> None:
    at = opened("Home", lesson="masks-7")
    assert at.title[0].value == "Mechanics"
    assert at.session_state["weights"] == "1:0"
    assert at.session_state["part"] == "wrong"
    assert dict(at.query_params) == {"lesson": "masks-7"}


def test_what_the_link_says_itself_wins_and_stays_in_the_address() -> None:
    at = opened("Masks", lesson="masks-1", weights="2:0", sentence="0")
    assert at.session_state["weights"] == "2:0"
    assert at.session_state["text"] == "They shook their"
    assert dict(at.query_params) == {"lesson": "masks-1", "weights": "2:0"}


def test_what_is_set_back_to_its_default_in_a_lesson_survives_a_reload() -> None:
    at = press(opened("Masks", lesson="masks-1"), "mask_clear")
    assert dict(at.query_params) == {"lesson": "masks-1", "weights": ""}
    again = opened("Masks", lesson="masks-1", weights="")
    assert again.session_state["weights"] == ""


@pytest.mark.parametrize(
    "name", ["masks-11", "masks-0", "masks", "poems-1", "masks-x", "-1", "masks-²", "masks-" + "9" * 30]
)
def test_a_link_to_what_is_no_step_says_so(name: str) -> None:
    at = opened("Masks", lesson=name)
    assert len(at.info) == 1
    assert at.session_state["lesson"] == ""
    assert figures(at)


def test_next_and_back_lead_over_pages_with_the_state_of_each_step() -> None:
    at = opened("Masks", lesson="masks-3")
    press(at, "lesson_next")
    assert at.title[0].value == "Heads"
    assert at.session_state["text"].count("\n") == 1
    press(press(at, "lesson_next"), "lesson_back")
    assert at.title[0].value == "Heads"
    assert at.session_state["lesson"] == "masks-4"
    assert at.session_state["pattern"] == "causal"


def test_a_hand_mask_of_the_step_before_does_not_touch_that_of_the_next() -> None:
    at = opened("Mechanics", lesson="masks-6")
    press(press(at, "lesson_next"), "lesson_reveal")
    assert at.session_state["weights"] == "1:0"
    assert not at.toast


@pytest.mark.parametrize(
    ("page", "step", "control", "view"),
    [("Generate", "sampling-4", "seed", "view"), ("Heads", "masks-4", "layer", "closer")],
)
def test_controls_and_views_wait_for_the_reveal(page: str, step: str, control: str, view: str) -> None:
    at = opened(page, lesson=step)
    assert at.number_input(key=control).disabled
    assert view not in {group.key for group in at.get("button_group")}
    settled(press(at, "lesson_reveal"))
    assert not at.number_input(key=control).disabled
    assert view in {group.key for group in at.get("button_group")}


def test_the_ends_of_a_lesson_lead_nowhere() -> None:
    assert opened("Masks", lesson="masks-1").button(key="lesson_back").disabled
    assert opened("Tokens", lesson="masks-10").button(key="lesson_next").disabled


def test_a_prediction_stands_beside_what_the_model_does() -> None:
    at = opened("Masks", lesson="masks-2")
    at.button_group(key="lesson_choice").set_value(0).run()
    press(at, "lesson_reveal")
    step = LESSONS["masks"].steps[1]
    said = f":red-badge[:material/close: 1 · {step.choices[0]} (you said)]"
    assert sent(at).count(said) == 1
    assert step.reveal in sent(at)
    press(press(at, "lesson_next"), "lesson_back")
    assert said in sent(at)  # it is kept


def test_a_page_that_shows_another_state_than_the_step_says_so() -> None:
    at = press(opened("Masks", lesson="masks-1"), "lesson_reveal")
    other = press(opened("Masks", lesson="masks-1", weights="0:0"), "lesson_reveal")
    assert any(":material/info:" in line.value for line in other.caption)
    assert not any(":material/info:" in line.value for line in at.caption)


def test_a_hall_is_told_what_the_rows_of_compare_set_until_they_stand_on_the_page() -> None:
    at = opened("Compare", lesson="sampling-9", present="on")
    (said,) = [line.value for line in at.markdown if line.value.startswith(":material/tune:")]
    assert all(part in said for part in ("0 · top-k 50;", "1 · top-p 0.9;", "2 · greedy;", "seed 1"))
    settled(press(at, "lesson_reveal"))
    assert not [line for line in at.markdown if line.value.startswith(":material/tune:")]


def test_a_covered_batch_says_its_sentences() -> None:
    at = opened("Tokens", lesson="masks-8", present="on")
    assert any("My dog is" in text.value for text in at.text)


def test_in_a_lesson_the_primary_button_is_that_of_the_strip() -> None:
    at = press(opened("Generate", lesson="sampling-1"), "lesson_reveal")
    assert at.button(key="lesson_next").proto.type == "primary"
    assert at.button(key="generate").proto.type == "secondary"
    assert opened("Generate").button(key="generate").proto.type == "primary"


def test_before_the_reveal_the_button_that_leads_on_stands_back_behind_reveal() -> None:
    at = opened("Masks", lesson="masks-1")
    assert [at.button(key=key).proto.type for key in ("lesson_reveal", "lesson_next")] == ["primary", "tertiary"]


def test_a_covered_page_with_a_view_below_says_once_that_it_is_covered() -> None:
    at = opened("Masks", lesson="masks-1")
    assert sum(":material/curtains_closed:" in line.value for line in at.markdown) == 1


def test_leaving_and_the_end_of_a_lesson_lead_to_the_list_of_lessons_and_keep_the_controls() -> None:
    for name, key in (("masks-1", "lesson_leave"), ("masks-10", "lesson_next")):
        page = "Masks" if name == "masks-1" else "Tokens"
        at = press(press(opened(page, lesson=name), "lesson_reveal"), key)
        assert {"start_masks", "start_sampling"} <= {button.key for button in at.button}
        assert "lesson_reveal" not in {button.key for button in at.button}
        assert at.session_state["weights"] == ("1:0" if page == "Masks" else "")


def test_the_last_step_has_no_way_on_before_it_is_revealed() -> None:
    assert opened("Tokens", lesson="masks-10").button(key="lesson_next").disabled


@pytest.mark.parametrize(
    ("page", "step", "own"),
    [("Mechanics", "masks-6", {"stage_back", "stage_next"}), ("Generate", "sampling-3", {"back", "next"})],
)
def test_back_and_next_are_those_of_the_lesson_while_one_runs(page: str, step: str, own: set[str]) -> None:
    at = settled(press(opened(page, lesson=step), "lesson_reveal"))
    assert {button.key for button in at.button} & {*own, "lesson_back", "lesson_next"} == {"lesson_back", "lesson_next"}
    assert own <= {button.key for button in settled(opened(page)).button}


def test_the_first_step_of_sampling_shows_the_words_that_it_speaks_of() -> None:
    at = settled(press(opened("Generate", lesson="sampling-1"), "lesson_reveal"))
    rows = at.session_state["_generate"].run.rows()
    assert [[int(step.token_id) for step in row] for row in rows] == [[6665], [582]]  # heads, man


def test_after_a_lesson_the_reader_gets_the_sentences_from_before_it_again() -> None:
    at = press(opened("Lessons", text="A sentence of mine"), "start_masks")
    assert at.text_area(key="text").value == "They shook their"
    press(press(at, "lesson_next"), "lesson_leave")
    assert at.text_area(key="text").value == "They shook their"
    press(at, "own_sentences")
    assert at.text_area(key="text").value == "A sentence of mine"
    assert "own_sentences" not in {button.key for button in at.button}


def test_after_a_lesson_new_sentences_are_not_exchanged_for_old_ones() -> None:
    at = press(press(opened("Lessons", text="A sentence of mine"), "start_masks"), "lesson_leave")
    at.text_area(key="text").input("Another").run()
    assert "own_sentences" not in {button.key for button in at.button}


def test_a_text_that_was_there_before_a_step_is_not_shown_as_its_answer() -> None:
    at = settled(opened("Generate", text="My dog is", max_new_tokens="3"))
    run = at.session_state["_generate"].run
    at.query_params.clear()
    at.query_params["lesson"] = "sampling-1"
    at.run()
    press(at, "lesson_reveal")
    settled(at)
    assert at.session_state["_generate"].run is not run
    assert at.session_state["_generate"].run.request.texts[0] == "They shook their"


def test_a_click_that_starts_a_text_while_it_is_covered_waits_for_reveal(monkeypatch) -> None:
    with monkeypatch.context() as covered:
        forbid_the_model(covered)
        at = press(opened("Generate", lesson="sampling-1"), "generate")
        assert at.session_state["_generate"].run is None
    settled(press(at, "lesson_reveal"))
    assert figures(at)


@pytest.mark.parametrize("page", ["Home", "Tokens", "Masks", "Heads", "Mechanics", "Generate", "Compare"])
def test_every_page_can_be_covered_outside_of_lessons(page: str, monkeypatch) -> None:
    with monkeypatch.context() as covered:
        forbid_the_model(covered)
        at = opened(page, cover="on")
    assert not figures(at)
    assert not at.get("download_button")
    settled(press(at, "lesson_reveal"))
    assert figures(at)
    assert not figures(press(at, "lesson_cover"))


def with_examples(at: AppTest) -> AppTest:
    """Return Masks with its list of examples open."""
    at.session_state["mask_examples"] = True
    return at.run()


def test_examples_tell_nothing_while_results_are_covered() -> None:
    from model_utils.masks.examples import EXAMPLES

    told, covered = (sent(with_examples(opened("Masks", look="word-list", cover=cover))) for cover in ("off", "on"))
    assert all(example.caption in told for example in EXAMPLES[:3])
    assert not any(example.caption in covered for example in EXAMPLES)


def test_the_page_lists_every_step_and_starts_a_lesson() -> None:
    at = opened("Lessons")
    shown = sent(at)
    for one in LESSONS.values():
        assert all(step.title in shown and step.question in shown for step in one.steps)
        assert not any(step.note in shown or step.reveal in shown for step in one.steps)
    press(at, "start_sampling")
    assert at.title[0].value == "Generate"
    assert at.session_state["lesson"] == "sampling-1"


def test_the_steps_are_a_click_away_and_in_view_where_notes_are_asked_for() -> None:
    assert [box.proto.expanded for box in opened("Lessons").expander] == [False] * len(LESSONS)
    assert [box.proto.expanded for box in opened("Lessons", notes="on").expander] == [True] * len(LESSONS)


def test_notes_come_with_their_switch_and_their_link() -> None:
    assert all(step.note in sent(opened("Lessons", notes="on")) for step in LESSONS["masks"].steps)
    at = opened("Lessons")
    at.toggle(key="_switch_notes").set_value(True).run()
    assert dict(at.query_params) == {"notes": "on"}


def test_a_note_comes_with_the_reveal_since_it_may_answer() -> None:
    at, note = opened("Masks", lesson="masks-1", notes="on"), LESSONS["masks"].steps[0].note
    assert note not in sent(at)
    assert note in sent(press(at, "lesson_reveal"))


def test_a_lesson_begins_anew_with_nothing_revealed() -> None:
    at = press(opened("Masks", lesson="masks-1"), "lesson_reveal")
    at.switch_page(FILES["Lessons"]).run()
    press(at, "start_masks")
    assert not figures(at)


def test_a_file_that_cannot_be_used_is_named_on_the_page(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine", encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (warning,) = opened("Lessons").warning
    assert "mine.yaml, needs" in warning.value
