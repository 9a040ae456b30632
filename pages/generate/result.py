"""The growing texts of the Generate page beside one of their steps."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain
from pages.common import controls, frame
from pages.common.caption import drawn_from
from pages.common.hall import present
from pages.common.lesson import lesson
from pages.common.runs import growing, runs, text_strip
from pages.common.view import choose as choose_view
from pages.generate import text as generate_text
from pages.generate.state import generate_state
from pages.generate.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from model_utils.generate.beam_search.beams import BeamStep
    from model_utils.generate.step import Step
    from pages.generate.run import BeamRun, Generation

PACE = 1.2  # seconds that a step stays while the steps are played


def draw(run: Generation, *, over: bool) -> None:
    """Draw the texts of a run, `over` or not, and one step of one of them."""
    state = generate_state()
    if state.branch_row is not None:
        controls.change(sentence=state.branch_row)
        state.branch_row = None
    pace = PACE if state.playing else None
    growing.draw(run, over=over, ended=_ended, texts=_growing, picture=_picture, halves=lambda: _halves(run), pace=pace)


def _ended(run: Generation) -> None:
    """Draw texts and picture of a run that has ended: a click in either shows in both.

    The texts come first: they have just been read and must not be gone while a picture takes its time.
    """
    state = generate_state()
    if _take_click(run) and state.playing:
        state.playing = False
        st.rerun()  # the beat of the fragment is set by the page
    play_on(run)
    bound_choice(run)
    text, picture = _halves(run)
    with text:
        generate_text.texts(run, _chosen())
    with picture:
        _picture(run)


def _growing(run: Generation) -> None:
    """Draw the texts as far as they are. The picture stands still meanwhile: redrawing it takes most of a beat."""
    if _take_click(run):
        st.rerun()
    state = generate_state()
    # Both asked first: what comes after is drawn by the next run.
    ended, first, has_words = run.job.done, _is_first(run), bool(run.job.events)
    generate_text.texts(run, _chosen())
    if has_words:
        state.words_shown = run.job
    if ended or (not first and state.picture_waits and _is_drawn(run)):
        st.rerun()


def _picture(run: Generation) -> None:
    """Draw the chosen step with the widgets that choose it, or why there is none."""
    row, number = choose(run)
    steps = run.rows()[row]
    first = _is_first(run)
    generate_state().picture_waits = first or number >= len(steps)
    with frame.reader_errors():
        if first:
            st.info("The tokens come first; the picture of this step follows.")
        elif number < len(steps):
            with drawn_from(run.origin(row)):
                _step(run, steps[number])
        else:
            _no_step(run, row, steps)


def _is_first(run: Generation) -> bool:
    """Return whether none of the latest job's words has been on the page.

    They come first and the picture a beat later: the browser shows a word only once it has drawn all that came with it.
    """
    return not run.job.done and generate_state().words_shown is not run.job


def _halves(run: Generation) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the places of texts and picture, beside each other; in a hall a word takes one line, and the picture the rest."""
    if present.on() and run.request.max_new_tokens == 1:
        return growing.stacked()
    text, picture = st.columns([9, 10], gap="medium")
    return text, picture.container(gap="xsmall")


def _chosen() -> tuple[int, int]:
    """Return the chosen row and step, counted from 0."""
    return int(st.session_state.get("sentence", 0)), int(controls.value("step")) - 1


def _is_drawn(run: Generation) -> bool:
    """Return whether the chosen step is there, or never will be."""
    row, number = _chosen()
    row = min(row, run.count - 1)
    steps = run.rows()[row]
    return number < len(steps) or run.job_of(row).done or bool(steps and steps[-1].stop)


def _take_click(run: Generation) -> bool:
    """Choose the token that was clicked, before any widget that shows the choice; return whether one was."""
    for row in range(run.count):
        step = text_strip.clicked_step(f"text_{row}", run.prompt(row))
        if step is not None:
            controls.change(sentence=row, step=step + 1)
            return True
    return False


def choose(run: Generation | BeamRun, *, wide: bool = False) -> tuple[int, int]:
    """Draw the choice of row and step and return both, counted from 0; `wide`, all of it in one line."""
    last = run.request.max_new_tokens
    bound_choice(run)
    widths = [5.6, 3.4, 3.4, 2.6, *([10] if wide else [])]
    with st.container(key="choose_text"):
        which, back, onward, play, *beside = st.columns(widths, vertical_alignment="bottom", gap="small")
    with which:
        row = controls.item("sentence", run.names(), show_label=False)
    if last > 1:
        if lesson.here() is None:  # in a lesson Back and Next are those of its steps
            back.button("Back", key="back", on_click=_move, args=(-1,), shortcut="Left", width="stretch")
            onward.button("Next", key="next", on_click=_move, args=(1,), shortcut="Right", width="stretch")
        with play:
            _play_button(run)
        with beside[0] if beside else nullcontext(), st.container(key="choose_step"):
            controls.number("step", high=last, slider=True)
    if row >= len(run.batch.texts):
        st.caption("A link cannot hold a branch: this one opened the text without it.")
    return int(row), int(controls.value("step")) - 1


def _play_button(run: Generation | BeamRun) -> None:
    """Draw the button that goes through the steps by itself, or pauses."""
    state = generate_state()
    if st.button(
        "Pause" if state.playing else "Play",
        key="play",
        on_click=_play,
        args=(run,),
        disabled=not run.job.done or state.measuring,
        width="stretch",
    ):
        st.rerun()  # the beat of the fragment is set by the page


def bound_choice(run: Generation | BeamRun) -> None:
    """Bring the chosen row and step within what the run has."""
    controls.bound("sentence", run.count - 1)
    controls.change(step=min(max(controls.value("step"), 1), run.request.max_new_tokens))


def _move(by: int) -> None:
    controls.change(step=controls.value("step") + by)


def _play(run: Generation | BeamRun) -> None:
    """Start to go through the steps of the row in view, from the first where the last is shown; or pause. A callback."""
    state = generate_state()
    state.playing = not state.playing
    if state.playing and controls.value("step") >= len(_row_in_view(run)):
        controls.change(step=1)
    state.played_at = time.monotonic()


def play_on(run: Generation | BeamRun) -> None:
    """Go one step on when the beat asks for it; at the end of the row, stop."""
    state = generate_state()
    if not state.playing or time.monotonic() - state.played_at < 0.8 * PACE:
        return
    if controls.value("step") < len(_row_in_view(run)):
        controls.change(step=controls.value("step") + 1)
        state.played_at = time.monotonic()
    else:
        state.playing = False
        st.rerun()


def _row_in_view(run: Generation | BeamRun) -> Sequence[Step | BeamStep]:
    return run.rows()[min(_chosen()[0], run.count - 1)]


def _no_step(run: Generation, row: int, steps: list[Step]) -> None:
    job = run.job_of(row)
    ended = job.done
    runs.raise_error(job)
    if steps and steps[-1].stop:
        st.info(f"No step here: this row has {len(steps)}. {explain.ending(steps[-1], run.loaded.context)}")
    elif ended:
        st.info(f"No step here: the run was stopped after {len(steps)}.")
    else:
        st.info("This step is not drawn yet.")


def _step(run: Generation, step: Step) -> None:
    """Draw one step: why the top word was or was not drawn, and the view of it that is chosen."""
    prompt, drawn = run.before(step)
    st.text(explain.why(step, run.request.settings, run.label, (*prompt, *drawn)))
    view = choose_view("view", VIEWS, show_label=False)
    if view.draw is not None:
        view.draw(run, step)
