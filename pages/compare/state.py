"""What a session keeps for the Compare page beside the published controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from pages.common.runs.runs import RunState
from pages.compare.run import Comparison

if TYPE_CHECKING:
    from model_utils.compare.saved_run import SavedRun
    from model_utils.compare.settings import SettingsRow

_KEY = "_compare"


@dataclass(frozen=True, kw_only=True, eq=False)
class Pinned:
    """A run that is kept, and the file that it is saved as."""

    run: SavedRun
    content: bytes


@dataclass
class CompareState(RunState[Comparison]):
    """The latest comparison, whose text is in view, what the table of settings shows, and the runs that are kept."""

    model: int = 0  # of the text in view: the place in the request's models
    table_rows: tuple[SettingsRow, ...] = ()  # what the table started from; its own edits come on top
    table_text: str | None = None  # the settings text that the table shows by now; None: it has to be drawn anew
    table_columns: list[str] = field(default_factory=list)
    table_version: int = 0
    # Why the last edit of a row changed nothing, and the settings text that it left.
    refused: tuple[str, str] = ("", "")
    cell_opened: bool = False  # in the table of prompts, and the page has not shown it yet
    pinned: list[Pinned] = field(default_factory=list)
    pinned_said: str = ""  # why the latest run could not be kept
    files_taken: int = 0  # after each the box of files is a new one


def compare_state() -> CompareState:
    """Return what this session keeps for the page."""
    state: CompareState = st.session_state.setdefault(_KEY, CompareState())
    return state
