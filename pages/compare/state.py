"""What a session keeps for the Compare page beside the published controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.common.runs.runs import RunState
from pages.compare.run import Comparison

if TYPE_CHECKING:
    from model_utils.compare.settings import SettingsRow

_KEY = "_compare"


@dataclass
class CompareState(RunState[Comparison]):
    """The latest comparison, whose text is in view, and what the table of settings shows."""

    model: int = 0  # of the text in view: the place in the request's models
    table_rows: tuple[SettingsRow, ...] = ()  # what the table started from; its own edits come on top
    table_text: str | None = None  # the settings text that the table shows by now; None: it has to be drawn anew
    table_version: int = 0


def compare_state() -> CompareState:
    """Return what this session keeps for the page."""
    state: CompareState = st.session_state.setdefault(_KEY, CompareState())
    return state
