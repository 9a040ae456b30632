"""A beam search on the Generate page: the leading text of each sentence, one step in words, and the view of it that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain
from pages.common import controls, frame
from pages.common.caption import drawn_from
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.link_parameters import CONTROLS
from pages.common.runs import growing, runs, text_strip
from pages.generate import result
from pages.generate.beam_views import VIEWS, beam_table, tree
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beams import BeamStep
    from pages.generate.run import BeamRun


def draw(run: BeamRun, *, over: bool) -> None:
    """Draw the texts of a search, `over` or not, and one step of one of them."""
    state = generate_state()
    pace = result.PACE if state.playing else None
    # Stacked: the tree wants the whole width.
    growing.draw(run, over=over, ended=_ended, texts=_growing, picture=_nothing, halves=growing.stacked, pace=pace)


def _nothing(_: BeamRun) -> None: ...


def _growing(run: BeamRun) -> None:
    """Draw the texts and the tree as far as they are."""
    ended, rows = run.job.done, run.rows()
    texts(run, rows)
    row = min(int(controls.value("sentence")), run.count - 1)
    if rows[row]:
        tree(run, row, rows[row])
    if ended:
        st.rerun()


def _ended(run: BeamRun) -> None:
    """Draw texts, step and view of a search that has ended; at first its last step is in view."""
    state, rows = generate_state(), run.rows()
    with frame.reader_errors():
        runs.raise_error(run.job)
    if not any(rows):
        st.caption("Stopped before the first step.")
        return
    if not state.beams_shown:
        state.beams_shown = True
        row = min(int(controls.value("sentence")), run.count - 1)
        # Another than the default is asked for by a link, or was chosen before.
        if controls.value("step") == CONTROLS["step"].default and not controls.noted("step"):
            controls.change(step=max(len(rows[row]), 1))
    for number in range(run.count):
        step = text_strip.clicked_step(f"text_{number}", run.prompt(number))
        if step is not None:
            controls.change(sentence=number, step=step + 1)
    result.play_on(run)
    result.bound_choice(run)
    texts(run, rows)
    row, number = result.choose(run, wide=True)
    steps = rows[row]
    if number >= len(steps):
        why = "stopped" if run.job.cancelled and not (steps and steps[-1].done) else "over"
        st.info(f"No step here: this search was {why} after {len(steps)}.")
        return
    view = VIEWS[controls.choice("beam_view", VIEWS, show_label=False)]
    if view.draw is not None:
        with frame.reader_errors(), drawn_from(run.origin(row)):
            view.draw(run, row, steps[: number + 1])
    if view is VIEWS["tree"]:
        _told(run, row, steps, number)


def texts(run: BeamRun, rows: list[list[BeamStep]]) -> None:
    """Draw the leading text of every sentence: each token in the colour of the model's probability."""
    palette, strips = frame.palette(), [_strip(run, row, steps) for row, steps in enumerate(rows)]
    for row, strip in enumerate(strips):
        tokens_strip(strip, key=f"text_{row}", label=f"Text {row}", palette=palette, size="flow")
    text_strip.say_repeats(strips)
    st.caption("Grey: the prompts. After each, its best text so far.")


def _strip(run: BeamRun, row: int, steps: list[BeamStep]) -> list[StripToken]:
    from model_utils.generate.beam_search.beam_text import leading_text
    from viz.generate.candidates import probability_colour

    prompt = [
        StripToken(text=token.label.replace("␣", " "), state="quiet", clickable=False) for token in run.prompt(row)
    ]
    chosen = (int(controls.value("sentence")), int(controls.value("step")) - 1)
    text, palette = leading_text(steps), frame.palette()
    drawn = [
        text_strip.drawn_token(
            one,
            run.label(one.token_id),
            background=probability_colour(one.probability_raw, palette),
            selected=chosen == (row, number),
        )
        for number, one in enumerate(text)
    ]
    return [*prompt, *text_strip.mark_repeats(drawn, [one.token_id for one in text])]


def _told(run: BeamRun, row: int, steps: list[BeamStep], number: int) -> None:
    """Draw in words what a step kept, what fell out and why."""
    from model_utils.generate.beam_search.explain_beams import told

    prompt = [token.id for token in run.prompt(row)]
    before = steps[number - 1] if number else None
    lines = told(steps[number], before, run.request.beams, run.request.settings, prompt, run.label)
    st.text("\n".join(lines))
    if steps[number].done:
        best = run.new_tokens()[row]
        st.text(f"The search is over after {number + 1} steps; it returns “{explain.words(best, run.label)}”.")
    beam_table(run, steps, number)
