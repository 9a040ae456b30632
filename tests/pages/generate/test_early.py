"""A click begins its text before the page is drawn, once, and with what the controls say when it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import frame
from pages.generate import run as generate_run

ROOT = Path(__file__).resolve().parents[3]
PAGES = {
    "Generate": ("pages/5_Generate.py", "generate", "_run"),
    "Compare": ("pages/6_Compare.py", "compare", "_comparison"),
}
each_page = pytest.mark.parametrize(("path", "button", "key"), PAGES.values(), ids=list(PAGES))


class Watch:
    """What happened in the order in which it did: `begun` for a job, `drawn` for the frame of a page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self.note(monkeypatch, generate_run, "decode_job", "begun")
        self.note(monkeypatch, frame, "open_page", "drawn")

    def note(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, word: str) -> None:
        real = getattr(module, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            self.seen.append(word)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, noted)


def opened(path: str, key: str) -> AppTest:
    """Return the page after its first texts have been made."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(path)
    at.session_state["max_new_tokens"] = 3
    at.run()
    assert at.session_state[key].job.wait(60)
    return at.run()


@each_page
def test_the_click_begins_before_the_page_is_drawn(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key]
    watch = Watch(monkeypatch)
    at.button(key=button).click().run()
    assert watch.seen[:2] == ["begun", "drawn"]
    assert watch.seen.count("begun") == 1
    assert at.session_state[key] is not before
    assert at.session_state[key].request == before.request


@each_page
def test_a_change_that_comes_with_the_click_is_what_is_made(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    watch = Watch(monkeypatch)
    at.number_input(key="max_new_tokens").set_value(5)
    at.button(key=button).click().run()
    assert watch.seen[:3] == ["begun", "drawn", "begun"]
    assert at.session_state[key].request.max_new_tokens == 5
    at.run()
    assert watch.seen.count("begun") == 2  # a rerun begins nothing


@each_page
def test_what_cannot_begin_is_said_once_and_the_text_stays(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key]
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 0.01)
    at.button(key=button).click().run()
    assert not at.exception
    assert [error.value.partition(" is")[0][-7:] for error in at.error] == ["0.01 MB"]
    assert at.session_state[key] is before


@each_page
def test_a_click_with_a_text_that_cannot_be_read_leaves_the_present_one_and_the_next_click_works(
    path: str, button: str, key: str
) -> None:
    at = opened(path, key)
    before = at.session_state[key]
    good = at.text_area(key="text").value
    at.text_area(key="text").set_value(" ")
    at.button(key=button).click().run()
    assert at.error
    assert at.session_state[key] is before
    assert not before.job.cancelled
    at.text_area(key="text").set_value(good)
    at.button(key=button).click().run()
    assert not at.error
    assert at.session_state[key] is not before
    assert at.session_state[key].request == before.request


def test_a_click_beside_a_branch_keeps_the_words_that_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    path, button, key = PAGES["Generate"]
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(path)
    for name, value in {"max_new_tokens": 3, "text": "He shook his\nMy dog is", "weights": "1:0"}.items():
        at.session_state[name] = value
    at.run()
    run = at.session_state[key]
    assert run.job.wait(60)
    generate_run.branch(run, 0, 1, 11)
    assert run.job.wait(60)
    at.session_state["_view_row"] = 2  # the branch, which is one of sentence 0
    at.run()
    assert at.session_state["sentence"] == 2
    watch = Watch(monkeypatch)
    at.button(key=button).click().run()
    assert watch.seen.count("begun") == 1
    assert at.session_state["weights"] == "1:0"
    assert at.session_state[key].request == run.request
    assert at.session_state[key].request.policy.spec.pairs == ((1, 0.0),)
    assert at.session_state["sentence"] == 0
    assert not [note for note in at.info if "not there" in note.value]
