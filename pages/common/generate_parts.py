"""The parts of the Generate page: controls, the growing text, one step's candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from model_utils import verdict
from pages.common import controls, frame, runs, take_home
from pages.common.components import StripToken, tokens_strip

if TYPE_CHECKING:
    from model_utils.sampling import SamplingSettings
    from model_utils.steps import Step
    from viz.theme import Palette

# How many candidates the figure lists, and how often the growing text is drawn, in seconds.
LISTED = 11
BEAT = 0.25

# Where a slider ends unless a link asks for more: nearly all use lies below, and a slider over 50,257 cannot be aimed.
USUAL = {"temperature": 2.0, "top_k": 200}


def settings() -> SamplingSettings:
    """Draw the controls of sampling and return what they say."""
    from model_utils.sampling import SamplingSettings

    temperature, top_k, top_p, seed = st.columns([3, 3, 3, 2], gap="medium")
    with temperature:
        chosen = {"temperature": _slider("temperature")}
    with top_k:
        chosen["top_k"] = _slider("top_k")
    with top_p:
        chosen["top_p"] = _slider("top_p")
    with seed:
        chosen["seed"] = controls.number("seed")
    return SamplingSettings(**chosen)


def _slider(name: str) -> float:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    if name not in USUAL:
        return controls.number(name, slider=True)
    key = f"_high_{name}"
    asked = st.session_state.get(name, controls.CONTROLS[name].default)
    if asked > st.session_state.setdefault(key, USUAL[name]):
        st.session_state[key] = controls.CONTROLS[name].high
    return controls.number(name, slider=True, high=st.session_state[key])


def made_with(run: runs.Run, request: runs.Request) -> None:
    """Say which settings the text on the page was made with, when the controls say something else by now."""
    if run.request == request:
        return
    made = run.request
    parts = [verdict.describe(made.settings), f"{made.max_new_tokens} new tokens"]
    if made.model != request.model:
        parts.append(f"model {made.model}")
    if made.texts != request.texts:
        parts.append("other sentences")
    st.info(f"This text was made with {', '.join(parts)}. Press Generate for one with the present settings.")


def result(run: runs.Run) -> None:
    """Draw the growing texts and one step of one row. Meant for a fragment, which runs again while the text grows."""
    ended = run.job.done  # asked first: a job that ends below is drawn once more
    rows = run.rows()
    _take_click(len(rows))
    st.session_state.setdefault("step", 1)
    text, picture = st.columns([11, 10], gap="large")
    with picture:
        row, number = _choose(run, rows)
    palette = frame.palette()
    with text:
        _texts(run, rows, (row, number), palette)
    with picture:
        if number < len(rows[row]):
            _step(run, rows[row][number], palette)
        else:
            _no_step(run, rows[row], ended=ended)
    if ended and st.session_state.get("_drawn_ended") is not run:
        st.session_state["_drawn_ended"] = run
        st.rerun()


def _take_click(rows: int) -> None:
    """Choose the token that was clicked, before any widget that shows the choice."""
    for row in range(rows):
        clicked = getattr(st.session_state.get(f"text_{row}"), "clicked", None)
        if clicked is not None:
            prompt = len(runs.current().batch.tokens[row])
            st.session_state["sentence"], st.session_state["step"] = row, int(clicked) - prompt + 1


def _choose(run: runs.Run, rows: list[list[Step]]) -> tuple[int, int]:
    """Draw the choice of row and step and return both, counted from 0."""
    last = run.request.max_new_tokens
    st.session_state["step"] = min(max(st.session_state["step"], 1), last)
    columns = st.columns([3, 5, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        row = controls.number("sentence", high=len(rows) - 1)
    with columns[1]:
        if last > 1:
            st.slider("Step", 1, last, key="step")
    columns[2].button("Back", key="back", on_click=_move, args=(-1,), shortcut="Left")
    columns[3].button("Next", key="next", on_click=_move, args=(1,), shortcut="Right")
    return int(row), st.session_state["step"] - 1


def _move(by: int) -> None:
    st.session_state["step"] += by


def _texts(run: runs.Run, rows: list[list[Step]], chosen: tuple[int, int], palette: Palette) -> None:
    for row, steps in enumerate(rows):
        tokens = _strip(run, row, steps, chosen, palette)
        tokens_strip(tokens, key=f"text_{row}", label=f"Text {row}", palette=palette)
        ending = verdict.ending(steps[-1], run.loaded.context) if steps else ""
        if ending:
            st.caption(ending)
    st.caption(
        "Grey: the prompts, one batch padded on the left, so that all next words stand in one column. "
        "Colour: how likely the model found each word. Click one to see its step."
    )


def _strip(
    run: runs.Run, row: int, steps: list[Step], chosen: tuple[int, int], palette: Palette
) -> list[StripToken]:
    """Return the tokens of one row: the prompt in grey, then each drawn token in the colour of its chance."""
    from model_utils.tokens import token_label
    from viz.generation import chance_colours

    tokens = [StripToken(text=token.label, state="quiet", clickable=False) for token in run.batch.tokens[row]]
    for step in steps:
        background, colour = chance_colours(step.chance, palette)
        label = token_label(run.loaded.tokenizer, step.token_id)
        tokens.append(
            StripToken(
                text=label,
                background=background,
                colour=colour,
                title=f"step {step.number + 1}: {verdict.percent(step.chance)} of the chances, number {step.rank:,}",
                selected=chosen == (row, step.number),
            )
        )
    if not run.job.done and not (steps and steps[-1].stop):
        tokens.append(StripToken(text="", state="blank", clickable=False, spoken="next word"))
    return tokens


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
    """Draw one step: why the top word was or was not drawn, its candidates, what each filter left."""
    from model_utils.tokens import token_label
    from viz.generation import Bar, fig_candidates

    def label(token_id: int) -> str:
        return token_label(run.loaded.tokenizer, token_id)

    st.text(verdict.why(step, run.request.settings, label))
    table = candidates_table(run, step)
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


def candidates_table(run: runs.Run, step: Step) -> pd.DataFrame:
    """Return the candidates that the step kept, likeliest first, one a row."""
    from model_utils.sampling import CUTS
    from model_utils.tokens import token_label

    found = step.candidates
    return pd.DataFrame(
        {
            "rank": found.ranks,
            "token_id": found.ids,
            "token": [token_label(run.loaded.tokenizer, int(i)) for i in found.ids],
            "chance_before": found.before,
            "chance_after": found.after,
            "fate": [
                "drawn" if i == step.token_id else "cut" if cut else "kept"
                for i, cut in zip(found.ids, found.cut, strict=True)
            ],
            "cut_by": [CUTS[cut] for cut in found.cut],
        }
    )
