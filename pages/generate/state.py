"""What a session keeps for the Generate page beside the published controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls
from pages.common.runs.runs import RunState
from pages.generate.run import BeamRun, Generation

if TYPE_CHECKING:
    from model_utils.experiments.batch_timing import Same
    from model_utils.jobs import Job
    from pages.generate.run import GenerateRequest

_KEY = "_generate"


@dataclass
class GenerateState(RunState[Generation | BeamRun]):
    """The latest run, and what is under way beside it."""

    example: str = ""  # the one that was put on the page last
    branch_row: int | None = None  # of a branch that has just started: the page shows it next
    words_shown: Job[None] | None = None  # the job whose first words have been on the page
    picture_waits: bool = False  # for the step in view to be drawn
    playing: bool = False
    played_at: float = 0.0  # when the step in view was reached, in seconds of time.monotonic
    timing: tuple[GenerateRequest, Job[tuple[Same, ...]]] | None = None  # of the batch against one sentence at a time

    beams_shown: bool = False  # whether the end of the latest run, a beam search, has been on the page
    opened: tuple[int, int] | None = None  # the step and row of the tree whose text is open

    def replace(self, run: Generation | BeamRun) -> None:
        """Make `run` the latest one; the one before stops, and of a branch of it in view its sentence is shown."""
        row = int(controls.value("sentence"))
        if self.run is not None and run.count <= row < self.run.count:
            controls.change(sentence=min(self.run.sentence(row), run.count - 1))
        self.stop_timing()
        self.opened, self.beams_shown = None, False
        super().replace(run)

    def begin_anew(self) -> None:
        """Stop playing: a step of a lesson was opened."""
        self.playing = False

    def stop_timing(self) -> None:
        """Stop what is being measured, if anything is."""
        if self.timing is not None:
            self.timing[1].cancel()

    @property
    def measuring(self) -> bool:
        """Return whether something is being measured."""
        return self.timing is not None and not self.timing[1].done


def generate_state() -> GenerateState:
    """Return what this session keeps for the page."""
    state: GenerateState = st.session_state.setdefault(_KEY, GenerateState())
    return state
