"""The growing texts of the Generate page: prompts in grey, each drawn token in the colour of its probability, branches below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain, tables
from pages.common import frame
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.markdown import literal
from pages.generate import run as generate_run

if TYPE_CHECKING:
    from model_utils.generate.step import Step
    from viz.base.theme import Palette


def texts(run: generate_run.Run, chosen: tuple[int, int]) -> None:
    """Draw all rows as far as they are; `chosen` is the row and the step in view."""
    palette = frame.palette()
    for row, steps in enumerate(run.rows()):
        _name_branch(run, row)
        tokens = _strip(run, row, steps, palette, chosen)
        tokens_strip(tokens, key=f"text_{row}", label=f"Text {row}", palette=palette, size="flow")
        ending = explain.ending(steps[-1], run.loaded.context) if steps else ""
        if ending:
            st.caption(ending)
        _say_stopped(run, row)
    st.caption(
        "Grey: the prompts, one batch padded on the left, so that all next words stand in one column. "
        "The stronger its colour, the likelier the model found a word. Click one to see its step. All rows share the dice of a "
        "step, so that a text does not depend on its neighbours."
    )
    _take_steps_home(run)


def _strip(
    run: generate_run.Run, row: int, steps: list[Step], palette: Palette, chosen: tuple[int, int]
) -> list[StripToken]:
    """Return the tokens of one row: the prompt in grey, then each drawn token in the colour of its probability."""
    from viz.generate.candidates import probability_colour

    tokens = [StripToken(text=_flowing(token.label), state="quiet", clickable=False) for token in run.prompt(row)]
    found = run.branch(row)
    shared = 0 if found is None else found.number  # steps that a branch has in common with the row it left
    for step in steps:
        label = run.label(step.token_id)
        tokens.append(
            StripToken(
                text=_flowing(label),
                spoken=label,
                line_break="⏎" in label,
                background="" if step.number < shared else probability_colour(step.probability, palette),
                state="quiet" if step.number < shared else "plain",
                title=f"step {step.number + 1}: {explain.percent(step.probability)} of the chances, number {step.rank:,}",
                selected=chosen == (row, step.number),
            )
        )
    if not run.job_of(row).done and not (steps and steps[-1].stop):
        tokens.append(StripToken(text=" …", state="blank", clickable=False, spoken="next word"))
    return tokens


def _say_stopped(run: generate_run.Run, row: int) -> None:
    """Say below the last row of a job that it was stopped, and after how many steps."""
    job = run.job_of(row)
    if job.cancelled and (row == run.count - 1 or run.job_of(row + 1) is not job):
        made = max(len(steps) for other, steps in enumerate(run.rows()) if run.job_of(other) is job)
        st.caption(f"Stopped after {made} of {run.request.max_new_tokens} tokens.")


def _name_branch(run: generate_run.Run, row: int) -> None:
    """Say above a branch where it leaves which row."""
    found = run.branch(row)
    if found is not None:
        st.caption(
            f"{row} · branch of {found.row} at step {found.number + 1}: “{literal(run.label(found.token_id))}” taken",
        )


def _flowing(label: str) -> str:
    """Return a token's label with its spaces as spaces: here the text itself shows where they are."""
    return label.replace("␣", " ")


def _take_steps_home(run: generate_run.Run) -> None:
    """Draw the button that saves all steps of all rows."""
    st.download_button(
        "All steps (CSV)",
        data=lambda: tables.steps_table(run.rows(), run.label).to_csv(index=False),
        file_name="maskscope-steps.csv",
        mime="text/csv",
        key="csv_steps",
        on_click="ignore",
        icon=":material/table:",
    )
