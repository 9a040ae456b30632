"""Tokens that the chosen model never met are badged on every page that shows them, as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model_utils.errors import ModelDamagedError
from pages.common.caches import cache
from tests.tools.figures import figures

APP = Path(__file__).parents[4] / "app.py"
PAGES = ["1_Tokens", "2_Masks", "3_Heads", "4_Mechanics", "5_Generate"]


def badged(name: str, text: str) -> str:
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{name}.py")
    at.session_state["text"] = text
    at.session_state["max_new_tokens"] = 1
    at.run()
    assert not at.exception
    return "\n".join(element.value for element in at.markdown if "badge" in element.value)


@pytest.mark.parametrize("name", PAGES)
def test_pieces_that_the_model_never_met_are_badged_as_text(name: str) -> None:
    assert "␣users" in badged(name, "We are users")
    assert "␣users" not in badged(name, "The king was glad")


def test_a_damaged_list_is_one_warning_and_the_page_goes_on(monkeypatch) -> None:
    def damaged(_model: str) -> None:
        raise ModelDamagedError("seen_tokens.npy is damaged")

    monkeypatch.setattr(cache, "seen_tokens", damaged)
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/1_Tokens.py").run()
    assert not at.exception
    assert [element.value for element in at.warning] == ["seen_tokens.npy is damaged"]
    assert figures(at)
