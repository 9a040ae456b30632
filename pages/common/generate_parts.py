"""The parts of the Generate page: controls, the growing text, one step's candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils import step_tables, verdict
from pages.common import controls, frame, runs, take_home
from pages.common.components import StripToken, tokens_strip

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.delta_generator import DeltaGenerator

    from model_utils.steps import Step
    from viz.theme import Palette

# How many candidates the figure lists, and how often growing text is drawn, in seconds.
LISTED = 10
BEAT = 0.3


def result(run: runs.Run) -> None:
    """Draw the texts of a run and one step of one of them; while it is under way, each part keeps its own beat."""
    # The slider's own value is forgotten while another page is shown.
    st.session_state.setdefault("step", st.session_state.get("_step", 1))
    if run.job.done:
        st.fragment(_ended, key="ended")(run)
        return
    text, picture = _halves()
    with picture:
        waits = not _is_drawn(run)
        st.fragment(_picture, key="picture", run_every=BEAT if waits else None)(run, waits=waits)
    with text:
        st.fragment(_growing, key="growing", run_every=BEAT)(run)


def _ended(run: runs.Run) -> None:
    """Draw texts and picture of a run that has ended: a click in either shows in both."""
    _take_click(run)
    text, picture = _halves()
    with picture:
        _picture(run)
    with text:
        _texts(run)


def _growing(run: runs.Run) -> None:
    """Draw the texts as far as they are. The picture stands still meanwhile: redrawing it takes most of a beat."""
    if _take_click(run):
        st.rerun()
    ended = run.job.done  # asked first: what comes after it is drawn by the next run
    _texts(run)
    if ended:
        st.rerun()


def _picture(run: runs.Run, *, waits: bool = False) -> None:
    """Draw the chosen step with the widgets that choose it, or why there is none; `waits` says whether it has a beat."""
    ended = run.job.done
    row, number = _choose(run)
    steps = run.rows()[row]
    with frame.reader_errors():
        if number < len(steps):
            _step(run, steps[number], frame.palette())
        else:
            _no_step(run, steps, ended=ended)
    if not ended and waits == _is_drawn(run):
        st.rerun()  # it needs a beat now, or none any more


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    text, picture = st.columns([11, 10], gap="large")
    return text, picture


def _chosen() -> tuple[int, int]:
    """Return the chosen row and step, counted from 0."""
    return int(st.session_state.get("sentence", 0)), int(st.session_state["step"]) - 1


def _is_drawn(run: runs.Run) -> bool:
    """Return whether the chosen step is there, or never will be."""
    row, number = _chosen()
    steps = run.rows()[min(row, len(run.batch.texts) - 1)]
    return number < len(steps) or bool(steps and steps[-1].stop)


def _take_click(run: runs.Run) -> bool:
    """Choose the token that was clicked, before any widget that shows the choice; return whether one was."""
    for row, prompt in enumerate(run.batch.tokens):
        clicked = getattr(st.session_state.get(f"text_{row}"), "clicked", None)
        if clicked is not None:
            st.session_state["sentence"], st.session_state["step"] = row, int(clicked) - len(prompt) + 1
            return True
    return False


def _choose(run: runs.Run) -> tuple[int, int]:
    """Draw the choice of row and step and return both, counted from 0."""
    last = run.request.max_new_tokens
    st.session_state["step"] = min(max(st.session_state["step"], 1), last)
    which, back, onward = st.columns([4, 4, 4], vertical_alignment="bottom", gap="small")
    with which:
        row = controls.number("sentence", high=len(run.batch.texts) - 1)
    back.button("Back", key="back", on_click=_move, args=(-1,), shortcut="Left", width="stretch")
    onward.button("Next", key="next", on_click=_move, args=(1,), shortcut="Right", width="stretch")
    if last > 1:
        st.slider("Step", 1, last, key="step")
    st.session_state["_step"] = st.session_state["step"]
    return int(row), st.session_state["step"] - 1


def _move(by: int) -> None:
    st.session_state["step"] += by


def _texts(run: runs.Run) -> None:
    palette = frame.palette()
    for row, steps in enumerate(run.rows()):
        tokens = _strip(run, row, steps, palette)
        tokens_strip(tokens, key=f"text_{row}", label=f"Text {row}", palette=palette, size="flow")
        ending = verdict.ending(steps[-1], run.loaded.context) if steps else ""
        if ending:
            st.caption(ending)
    if run.job.cancelled:
        made = max(len(steps) for steps in run.rows())
        st.caption(f"Stopped after {made} of {run.request.max_new_tokens} tokens.")
    st.caption(
        "Grey: the prompts, one batch padded on the left, so that all next words stand in one column. "
        "The stronger its colour, the likelier the model found a word. Click one to see its step. All rows share the dice of a "
        "step, so that a text does not depend on its neighbours."
    )
    _take_steps_home(run)


def _strip(run: runs.Run, row: int, steps: list[Step], palette: Palette) -> list[StripToken]:
    """Return the tokens of one row: the prompt in grey, then each drawn token in the colour of its chance."""
    from viz.generation import chance_colour

    tokens = [StripToken(text=_flowing(token.label), state="quiet", clickable=False) for token in run.batch.tokens[row]]
    for step in steps:
        label = run.label(step.token_id)
        tokens.append(
            StripToken(
                text=_flowing(label),
                spoken=label,
                line_break="⏎" in label,
                background=chance_colour(step.chance, palette),
                title=f"step {step.number + 1}: {verdict.percent(step.chance)} of the chances, number {step.rank:,}",
                selected=_chosen() == (row, step.number),
            )
        )
    if not run.job.done and not (steps and steps[-1].stop):
        tokens.append(StripToken(text=" …", state="blank", clickable=False, spoken="next word"))
    return tokens


def _flowing(label: str) -> str:
    """Return a token's label with its spaces as spaces: here the text itself shows where they are."""
    return label.replace("␣", " ")


def _no_step(run: runs.Run, steps: list[Step], *, ended: bool) -> None:
    if run.job.error is not None:
        raise run.job.error
    if steps and steps[-1].stop:
        st.info(f"No step here: this row has {len(steps)}. {verdict.ending(steps[-1], run.loaded.context)}")
    elif ended:
        st.info(f"No step here: the run was stopped after {len(steps)}.")
    else:
        st.info("This step is not drawn yet.")


def _step(run: runs.Run, step: Step, palette: Palette) -> None:
    """Draw one step: why the top word was or was not drawn, and the view of it that is chosen."""
    from pages.common.generate_views import VIEWS

    st.text(verdict.why(step, run.request.settings, run.label))
    view = controls.choice("view", controls.CONTROLS["view"].options, show_label=False)
    # The lines for a text under a mask of its own would be another program: there is none yet.
    code = (lambda: _code(run, step)) if run.request.policy.plain else None
    if view in VIEWS:
        VIEWS[view](run, step, code)
    else:
        _candidates(run, step, palette, code)


def _candidates(run: runs.Run, step: Step, palette: Palette, code: Callable[[], str] | None) -> None:
    """Draw the candidates of a step and what each filter left."""
    from viz.generation import Bar, fig_candidates

    table = step_tables.candidates_table(step, run.label)
    shown = table.iloc[step.candidates.telling(step.drawn, LISTED)]
    bars = [
        Bar(
            label=line.token,
            token_id=line.token_id,
            rank=line.rank,
            before=line.chance_before,
            after=line.chance_after,
            fate=line.fate,
            by=line.cut_by,
        )
        for line in shown.itertuples()
    ]
    st.plotly_chart(
        fig_candidates(bars, palette),
        theme=None,
        key="fig_candidates",
        config=take_home.chart_config("candidates"),
        alt=f"The candidates of step {step.number + 1} as bars, likeliest first.",
    )
    st.text(verdict.funnel(step, run.request.settings, run.loaded.entry.vocabulary))
    st.caption(verdict.uncertainty(step))
    take_home.bar("candidates", numbers=lambda: table, code=code)


def _code(run: runs.Run, step: Step) -> str:
    from model_utils.recipes import generate_code

    rows = run.rows()
    return generate_code(
        run.loaded.entry,
        run.request.texts,
        run.request.settings,
        steps=max(len(row) for row in rows),
        sentence=step.lane,
        step=step.number,
        full=any(row and row[-1].stop == "context" for row in rows),
    )


def _take_steps_home(run: runs.Run) -> None:
    """Draw the button that saves all steps of all rows."""
    st.download_button(
        "All steps (CSV)",
        data=lambda: step_tables.steps_table(run.rows(), run.label).to_csv(index=False),
        file_name="maskscope-steps.csv",
        mime="text/csv",
        key="csv_steps",
        on_click="ignore",
        icon=":material/table:",
    )
