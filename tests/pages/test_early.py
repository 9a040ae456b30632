"""A click begins its text before the page is drawn, once, and with what the controls say when it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import frame, runs

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "Generate": ("pages/5_Generate.py", "generate", "_run"),
    "Compare": ("pages/6_Compare.py", "compare", "_comparison"),
}
each_page = pytest.mark.parametrize(("path", "button", "key"), PAGES.values(), ids=list(PAGES))


class Watch:
    """What happened in the order in which it did: `begun` for a job, `drawn` for the frame of a page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self.note(monkeypatch, runs, "decode_job", "begun")
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
    assert watch.seen == ["begun", "drawn"]
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
    assert watch.seen == ["begun", "drawn", "begun"]
    assert at.session_state[key].request.max_new_tokens == 5
    at.run()
    assert len(watch.seen) == 4  # a rerun begins nothing


@each_page
def test_what_cannot_begin_is_said_once_and_the_text_stays(
    path: str, button: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(path, key)
    before = at.session_state[key]
    monkeypatch.setattr("model_utils.plans.MAX_CACHE_MB", 0.01)
    at.button(key=button).click().run()
    assert not at.exception
    assert [error.value.partition(" is")[0][-7:] for error in at.error] == ["0.01 MB"]
    assert at.session_state[key] is before
