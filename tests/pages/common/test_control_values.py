"""What the controls are set to."""

from __future__ import annotations

import pytest
import streamlit as st

from pages.common.controls import value


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return what stands for the session."""
    found: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", found)
    return found


def test_a_control_that_no_page_has_drawn_has_its_default(state: dict[str, object]) -> None:
    assert value("top_k") == 50
    state["top_k"] = 7
    assert value("top_k") == 7


def test_a_number_above_the_bound_falls_back_to_the_default(state: dict[str, object]) -> None:
    state["sentence"] = 2
    assert value("sentence", high=2) == 2
    assert value("sentence", high=1) == 0
