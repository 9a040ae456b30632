"""A text as a strip of tokens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pages.common.components.strip import StripToken
from pages.common.runs import text_strip

PROMPT = [SimpleNamespace(label="My"), SimpleNamespace(label="␣dog")]


def step(number: int, stop: str = "") -> SimpleNamespace:
    return SimpleNamespace(number=number, stop=stop, rank=3, token_id=number % 5, probability_raw=0.25)


def drawn(one: SimpleNamespace) -> StripToken:
    return text_strip.drawn_token(one, "␣is⏎", state="plain")


def test_the_prompt_is_grey_and_drawn_tokens_are_clicked() -> None:
    tokens = text_strip.strip(PROMPT, [step(0), step(1)], drawn, growing=False)
    assert [(token.text, token.state, token.clickable) for token in tokens] == [
        ("My", "quiet", False),
        (" dog", "quiet", False),
        (" is⏎", "plain", True),
        (" is⏎", "plain", True),
    ]
    assert tokens[2].line_break
    assert tokens[2].spoken == "is⏎"
    assert "25" in tokens[2].title


def test_a_run_of_four_tokens_that_comes_again_is_marked() -> None:
    tokens = text_strip.strip(PROMPT, [step(number) for number in range(9)], drawn, growing=True)
    assert [token.repeated for token in tokens] == [False] * 7 + [True] * 4 + [False]


@pytest.mark.parametrize(("growing", "stop", "blank"), [(True, "", 1), (False, "", 0), (True, "end", 0)])
def test_the_next_word_has_a_place_while_the_text_grows(growing: bool, stop: str, blank: int) -> None:
    tokens = text_strip.strip(PROMPT, [step(0, stop)], drawn, growing=growing)
    assert sum(token.state == "blank" for token in tokens) == blank


def test_a_click_is_a_step_and_the_prompt_before_it_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {
        "text_0": SimpleNamespace(clicked=[{"number": 0, "at": 4}, {"number": 1, "at": 5}]),
        "text_1": SimpleNamespace(clicked=None),
    }
    monkeypatch.setattr(text_strip.st, "session_state", state)
    assert [text_strip.clicked_step(f"text_{row}", PROMPT) for row in range(3)] == [3, None, None]


def test_what_is_made_again_follows_in_grey_until_it_is_reached() -> None:
    remembered = ["␣is", "␣a", "␣cat"]
    tokens = text_strip.strip(PROMPT, [step(0)], drawn, growing=True, remembered=remembered)
    assert [(token.text, token.state, token.clickable) for token in tokens[2:]] == [
        (" is⏎", "plain", True),
        (" a", "quiet", False),
        (" cat", "quiet", False),
        (" …", "blank", False),
    ]
    ended = text_strip.strip(PROMPT, [step(0)], drawn, growing=False, remembered=remembered)
    assert len(ended) == 3
