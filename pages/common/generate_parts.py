"""The parts of the Generate page: controls, the growing text, one step's candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils import step_tables, verdict
from pages.common import controls, frame, runs, take_home
from pages.common.components import StripToken, tokens_strip

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.steps import Step
    from viz.theme import Palette

# How many candidates the figure lists, and how often the growing text is drawn, in seconds.
LISTED = 10
BEAT = 0.25

# Where a slider ends unless a link asks for more: nearly all use lies below, and a slider over 50,257 cannot be aimed.
BOXES = ("seed", "max_new_tokens")
USUAL = {"temperature": 2.0, "top_k": 200}


def draw_controls() -> tuple[dict[str, Any], DeltaGenerator, DeltaGenerator]:
    """Draw the controls and return what they say, by name, and the places of the buttons Generate and Stop."""
    places = st.columns([3, 3, 3, 2.4, 2.4, 2.5, 1.9], vertical_alignment="bottom")
    said = {}
    for name, place in zip(("temperature", "top_k", "top_p", "seed", "max_new_tokens"), places, strict=False):
        with place:
            said[name] = controls.number(name) if name in BOXES else _slider(name)
    return said, places[-2], places[-1]


def make_request(page: frame.Page, said: dict[str, Any]) -> runs.Request:
    """Return what the controls and the shared sentences ask for. Raises InputError for what is outside its bounds."""
    from model_utils.sampling import SamplingSettings

    settings = SamplingSettings(**{name: value for name, value in said.items() if name != "max_new_tokens"})
    texts = page.batch(side="left").texts
    return runs.Request(model=page.model, texts=texts, settings=settings, max_new_tokens=said["max_new_tokens"])


def _slider(name: str) -> float:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    if name not in USUAL:
        return controls.number(name, slider=True)
    key = f"_high_{name}"
    asked = st.session_state.get(name, controls.CONTROLS[name].default)
    if asked > st.session_state.setdefault(key, USUAL[name]):
        st.session_state[key] = controls.CONTROLS[name].high
    return controls.number(name, slider=True, high=st.session_state[key])


def invite() -> None:
    """Say what to do where there is no text yet: a large model is not set to work unasked."""
    st.caption("Press Generate: the model continues each of your sentences, and every step can be looked into.")


def made_with(run: runs.Run, request: runs.Request | None) -> None:
    """Say which settings the text on the page was made with, when the controls say something else by now."""
    if request is None or run.request == request:
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
    # The slider's own value is forgotten while another page is shown.
    st.session_state.setdefault("step", st.session_state.get("_step", 1))
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
    which, back, onward = st.columns([4, 4, 4], vertical_alignment="bottom", gap="small")
    with which:
        row = controls.number("sentence", high=len(rows) - 1)
    back.button("Back", key="back", on_click=_move, args=(-1,), shortcut="Left", width="stretch")
    onward.button("Next", key="next", on_click=_move, args=(1,), shortcut="Right", width="stretch")
    if last > 1:
        st.slider("Step", 1, last, key="step")
    st.session_state["_step"] = st.session_state["step"]
    return int(row), st.session_state["step"] - 1


def _move(by: int) -> None:
    st.session_state["step"] += by


def _texts(run: runs.Run, rows: list[list[Step]], chosen: tuple[int, int], palette: Palette) -> None:
    for row, steps in enumerate(rows):
        tokens = _strip(run, row, steps, chosen, palette)
        tokens_strip(tokens, key=f"text_{row}", label=f"Text {row}", palette=palette, size="flow")
        ending = verdict.ending(steps[-1], run.loaded.context) if steps else ""
        if ending:
            st.caption(ending)
    st.caption(
        "Grey: the prompts, one batch padded on the left, so that all next words stand in one column. "
        "The stronger its colour, the likelier the model found a word. Click one to see its step."
    )
    _take_steps_home(run)


def _strip(
    run: runs.Run, row: int, steps: list[Step], chosen: tuple[int, int], palette: Palette
) -> list[StripToken]:
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
                selected=chosen == (row, step.number),
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
    """Draw one step: why the top word was or was not drawn, its candidates, what each filter left."""
    from viz.generation import Bar, fig_candidates

    st.text(verdict.why(step, run.request.settings, run.label))
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
    take_home.bar("candidates", numbers=lambda: table, code=_code(run, step))


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
