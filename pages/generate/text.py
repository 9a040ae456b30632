"""The growing texts of the Generate page: prompts in grey, each drawn token in the colour of its probability, branches below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain
from pages.common import frame
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.markdown import literal
from pages.common.runs import text_strip
from pages.generate.run import steps_frame

if TYPE_CHECKING:
    from model_utils.generate.step import Step
    from pages.generate.run import Generation
    from viz.base.theme import Palette


def texts(run: Generation, chosen: tuple[int, int]) -> None:
    """Draw all rows as far as they are; `chosen` is the row and the step in view."""
    palette, strips = frame.palette(), []
    for row, steps in enumerate(run.rows()):
        _branch_note(run, row)
        tokens = _strip(run, row, steps, palette, chosen)
        strips.append(tokens)
        tokens_strip(tokens, key=f"text_{row}", label=f"Text {row}", palette=palette, size="flow")
        ending = explain.ending(steps[-1], run.loaded.context) if steps else ""
        if ending:
            st.caption(ending)
        _stopped_note(run, row)
    text_strip.say_repeats(strips)
    grey = "the prompt" if len(run.batch.texts) == 1 else "the prompts"
    st.caption(f"Grey: {grey}. Stronger colour: likelier token. Click one to see its step.")
    _steps_download(run)


def _strip(run: Generation, row: int, steps: list[Step], palette: Palette, chosen: tuple[int, int]) -> list[StripToken]:
    """Return the tokens of one row: the prompt in grey, then each drawn token in the colour of its probability."""
    from viz.generate.candidates import probability_colour

    branch = run.branch(row)
    shared = 0 if branch is None else branch.number  # steps that a branch has in common with the row it left

    remembered = [run.label(token) for one in run.remembered[row : row + 1] for token in one]

    def drawn(step: Step) -> StripToken:
        return text_strip.drawn_token(
            step,
            run.label(step.token_id),
            background="" if step.number < shared else probability_colour(step.probability_raw, palette),
            state="quiet" if step.number < shared else "plain",
            selected=chosen == (row, step.number),
        )

    return text_strip.strip(run.prompt(row), steps, drawn, growing=not run.job_of(row).done, remembered=remembered)


def _stopped_note(run: Generation, row: int) -> None:
    """Draw below the last row of a job that it was stopped, and after how many steps."""
    job = run.job_of(row)
    if job.cancelled and (row == run.count - 1 or run.job_of(row + 1) is not job):
        made = max(len(steps) for other, steps in enumerate(run.rows()) if run.job_of(other) is job)
        st.caption(f"Stopped after {made} of {run.request.max_new_tokens} tokens.")


def _branch_note(run: Generation, row: int) -> None:
    """Draw above a branch where it leaves which row, and above the others their numbers as soon as there is one."""
    branch = run.branch(row)
    if branch is None and run.branches:
        st.caption(str(row))
    if branch is not None:
        st.caption(
            f"{row} · branch of {branch.row} at step {branch.number + 1}: “{literal(run.label(branch.token_id))}” taken",
        )


def _steps_download(run: Generation) -> None:
    """Draw the button that saves all steps of all rows."""
    st.download_button(
        "All steps (CSV)",
        data=lambda: steps_frame(run, range(run.count)).to_csv(index=False),
        file_name="maskscope-steps.csv",
        mime="text/csv",
        key="csv_steps",
        on_click="ignore",
        icon=":material/table:",
    )
