"""A click starts its run before the page is drawn, once, and as the controls stand when it comes."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model_utils.job_queue import JobQueue, Needs
from model_utils.jobs import Job
from model_utils.models.registry import BUNDLED_ID
from pages.common import frame
from pages.common.caches import cache
from pages.common.runs import runs
from pages.compare import run as compare_run
from pages.generate import run as generate_run
from tests.tools.sentences import numbers
from tests.tools.server import ROOT

PAGES = {
    "Generate": ("pages/5_Generate.py", "generate", "_generate"),
    "Compare": ("pages/6_Compare.py", "compare", "_compare"),
}
each_page = pytest.mark.parametrize(("path", "button", "key"), PAGES.values(), ids=list(PAGES))


class Watch:
    """What happened in the order in which it did: `run` for a run that starts, `page` for a page that is drawn.

    A page that is drawn again, since its run has ended meanwhile, counts once.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self.note(monkeypatch, generate_run, "decode_job", "run")
        self.note(monkeypatch, compare_run, "decode_job", "run")
        self.note(monkeypatch, frame, "open_page", "page")

    def note(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, word: str) -> None:
        real = getattr(module, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            if word == "run" or self.seen[-1:] != [word]:
                self.seen.append(word)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, noted)


def opened(path: str, key: str, **values: object) -> AppTest:
    """Return the page after its first texts have been made."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(path)
    for name, value in {"max_new_tokens": 3, **values}.items():
        at.session_state[name] = value
    at.run()
    assert at.session_state[key].run.job.wait(60)
    return at.run()


@each_page
def test_a_click_starts_one_run_before_the_page_is_drawn(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key].run
    watch = Watch(monkeypatch)
    at.button(key=button).click().run()
    assert watch.seen == ["run", "page"]
    assert at.session_state[key].run is not before
    assert at.session_state[key].run.request == before.request
    at.run()
    assert watch.seen == ["run", "page"]  # a rerun starts nothing


@each_page
def test_what_the_controls_were_set_to_by_the_same_click_is_what_is_made(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    watch = Watch(monkeypatch)
    at.number_input(key="max_new_tokens").set_value(5)
    at.text_area(key="text").set_value("Once upon a time")
    at.button(key=button).click().run()
    assert watch.seen == ["run", "page"]
    request = at.session_state[key].run.request
    assert request.max_new_tokens == 5
    assert "Once upon a time" in (getattr(request, "texts", ()) or (request.text,))
    assert at.session_state[key].run.job.wait(60)
    at.run()
    assert not at.info  # no note: the page asks for what was made


@each_page
def test_a_new_run_stops_the_one_before(path: str, button: str, key: str) -> None:
    at = opened(path, key, max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key=button).click().run()
    before = at.session_state[key].run.job
    at.number_input(key="max_new_tokens").set_value(2)
    at.button(key=button).click().run()
    assert before.wait(60)
    assert before.discarded
    assert before.progress[0] < 200
    assert not before.events
    assert not at.session_state[key].run.discarded


@each_page
def test_what_cannot_start_gives_one_sentence_and_the_text_stays(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key].run
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 0.01)
    at.button(key=button).click().run()
    assert not at.exception
    assert [0.01 in numbers(error.value) for error in at.error] == [True]
    assert at.session_state[key].run is before
    monkeypatch.undo()
    at.run()
    assert at.session_state[key].run is before  # the click is over
    assert not at.error


@each_page
def test_a_click_with_a_text_that_cannot_be_read_leaves_the_present_one_and_the_next_click_works(
    path: str, button: str, key: str
) -> None:
    at = opened(path, key)
    before = at.session_state[key].run
    good = at.text_area(key="text").value
    at.text_area(key="text").set_value(" ")
    at.button(key=button).click().run()
    assert at.error
    assert at.session_state[key].run is before
    assert not before.job.cancelled
    at.text_area(key="text").set_value(good)
    at.button(key=button).click().run()
    assert not at.error
    assert at.session_state[key].run is not before
    assert at.session_state[key].run.request == before.request


@each_page
def test_a_model_that_is_not_in_memory_is_loaded_by_the_page_which_then_starts_the_run(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key].run
    watch = Watch(monkeypatch)
    watch.note(monkeypatch, frame.Page, "loaded", "load")
    monkeypatch.setattr(cache, "in_memory", lambda _entry: False)
    at.button(key=button).click().run()
    assert watch.seen[:3] == ["page", "load", "run"]
    assert watch.seen.count("run") == 1
    assert at.session_state[key].run is not before


@each_page
def test_a_click_runs_the_model_that_stands_in_for_one_that_is_not_here(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    at.selectbox(key="model").set_value("gpt2").run()
    assert at.warning
    watch = Watch(monkeypatch)
    at.button(key=button).click().run()
    assert watch.seen == ["run", "page"]
    assert at.session_state[key].run.request.models == (BUNDLED_ID,)


@each_page
def test_a_model_chosen_by_the_same_click_is_left_to_the_page(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    watch = Watch(monkeypatch)
    at.selectbox(key="model").set_value("gpt2")
    at.button(key=button).click().run()
    assert watch.seen == ["page", "run"]
    assert at.session_state[key].run.request.models == (BUNDLED_ID,)


def test_a_text_that_comes_with_the_click_is_not_under_the_hand_mask_of_the_one_before() -> None:
    path, button, key = PAGES["Generate"]
    at = opened(path, key, text="He shook his\nMy dog is", weights="1:0")
    at.text_area(key="text").set_value("Once upon a time\nMy dog is")
    at.button(key=button).click().run()
    run = at.session_state[key].run
    assert run.batch.texts[0] == "Once upon a time"
    assert run.request.policy.plain
    assert at.session_state["weights"] == ""
    assert run.job.wait(60)
    at.run()
    assert not at.info


def test_a_click_beside_a_branch_keeps_the_words_that_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    path, button, key = PAGES["Generate"]
    at = opened(path, key, text="He shook his\nMy dog is", weights="1:0")
    run = at.session_state[key].run
    generate_run.branch(run, 0, 1, 11)
    assert run.job.wait(60)
    at.session_state[key].branch_row = 2  # of sentence 0
    at.run()
    assert at.session_state["sentence"] == 2
    watch = Watch(monkeypatch)
    at.button(key=button).click().run()
    assert watch.seen == ["run", "page"]
    assert at.session_state["weights"] == "1:0"
    assert at.session_state[key].run.request == run.request
    assert at.session_state[key].run.request.policy.spec.pairs == ((1, 0.0),)
    assert at.session_state["sentence"] == 0
    assert "sentence" not in at.session_state["_notes"]  # none of a row that is not there


def drawn(run: Any) -> Any:
    """Return the tokens that the texts of a run have drawn."""
    if isinstance(run, compare_run.Comparison):
        return run.drawn()
    return [run.drawn(row) for row in range(run.count)]


@each_page
def test_a_run_whose_memory_was_given_back_is_made_again_and_gives_the_same(path: str, button: str, key: str) -> None:
    at = opened(path, key)
    before = at.session_state[key].run
    texts = drawn(before)
    before.discard()
    assert before.job.events == []
    assert drawn(before) == texts
    at.run()
    run = at.session_state[key].run
    assert run is not before
    assert run.request == before.request
    assert drawn(run) == texts  # from the first moment, whatever has been made again by then
    assert run.job.wait(60)
    assert drawn(replace(run, remembered=type(run.remembered)())) == texts
    at.run()
    assert not at.exception
    assert at.session_state[key].run is run


@each_page
def test_a_run_that_is_made_again_goes_on_to_its_end(path: str, button: str, key: str) -> None:
    at = opened(path, key, max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(12)
    at.button(key=button).click().run()
    run = at.session_state[key].run
    assert run.job.wait_for_event(60)
    run.discard()
    assert run.job.wait(60)
    at.run()
    again = at.session_state[key].run
    assert again.job.wait(60)
    assert again.job.progress == (12, 12)
    assert not again.job.cancelled


@each_page
def test_a_stopped_run_that_is_made_again_stops_where_it_was_stopped(path: str, button: str, key: str) -> None:
    at = opened(path, key, max_new_tokens=1)
    at.number_input(key="max_new_tokens").set_value(200)
    at.button(key=button).click().run()
    run = at.session_state[key].run
    assert run.job.wait_for_event(60)
    run.job.cancel()
    assert run.job.wait(60)
    texts = drawn(run)
    run.discard()
    at.run()
    again = at.session_state[key].run
    assert again.job.wait(60)
    assert again.job.cancelled
    assert drawn(again) == texts


@each_page
def test_a_run_that_cannot_be_made_again_is_one_sentence_and_may_be_tried_again(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    run = at.session_state[key].run
    texts = drawn(run)
    run.discard()
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 0.01)
    at.run()
    assert not at.exception
    assert [0.01 in numbers(error.value) for error in at.error] == [True]
    monkeypatch.undo()
    at.run()
    assert not at.error
    assert drawn(at.session_state[key].run) == texts


def test_branches_are_made_again_with_the_row_that_they_left() -> None:
    path, _, key = PAGES["Generate"]
    at = opened(path, key, text="He shook his\nMy dog is")
    run = at.session_state[key].run
    generate_run.branch(run, 0, 1, 11)
    assert run.job.wait(60)
    generate_run.branch(run, 2, 2, 13)
    assert run.job.wait(60)
    texts = drawn(run)
    run.discard()
    assert drawn(run) == texts
    at.run()
    again = at.session_state[key].run
    assert again.job.wait(60)
    assert len(again.jobs) == 1
    assert [[step.token_id for step in row] for row in again.rows()] == list(map(list, texts))
    assert texts[3][:3] == (texts[0][0], 11, 13)


def test_a_branch_that_had_not_begun_when_its_reader_left_keeps_the_word_that_it_takes() -> None:
    path, _, key = PAGES["Generate"]
    at = opened(path, key, text="He shook his")
    run = at.session_state[key].run
    beginning = run.drawn(0)[:2]
    generate_run.branch(run, 0, 2, 11)
    run.discard()
    run.job._digest = {}
    assert run.drawn(1) == (*beginning, 11)


@each_page
def test_who_waits_sees_how_many_are_ahead_and_stop_is_the_way_out(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    line = JobQueue(places=1, free=lambda: 1e6)
    monkeypatch.setattr(cache, "JOBS", line)
    go, first = threading.Event(), Needs(operations=0, megabytes=1)

    def until_told(job: Job[None]) -> None:
        go.wait(60)

    others = [line.start(until_told, first) for _ in range(3)]
    at.button(key=button).click().run()
    run = at.session_state[key].run
    assert line.ahead(run.job) == 3
    assert [numbers(info.value) for info in at.info] == [[3]]
    assert not at.button(key="stop").disabled
    at.button(key="stop").click().run()
    assert run.job.wait(60)
    assert not at.exception
    assert run.job.events == []
    assert [line.ahead(job) for job in others] == [0, 1, 2]
    go.set()
    assert all(job.wait(60) for job in others)


@each_page
def test_a_run_that_ends_while_the_page_is_drawn_leaves_no_button_to_stop_it(
    monkeypatch: pytest.MonkeyPatch, path: str, button: str, key: str
) -> None:
    """The page draws the button before the texts: in between, a short run may end."""
    at, real = opened(path, key), runs.stop_button

    def drawn(place: Any, run: Any) -> Any:
        over = real(place, run)
        assert run.job.wait(60)
        return over

    monkeypatch.setattr(runs, "stop_button", drawn)
    before = at.session_state[key].run
    at.button(key=button).click().run()
    assert at.session_state[key].run is not before
    assert at.button(key="stop").disabled
