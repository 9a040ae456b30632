"""The parts of the Generate page: controls, the growing text, one step's candidates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate import explain
from pages.common import controls, frame
from pages.common.link_parameters import CONTROLS
from pages.generate import batch, candidates
from pages.generate import run as generate_run
from pages.generate import text as generate_text

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.generate.step import Step
    from viz.base.theme import Palette

# How often growing text is drawn, in seconds.
BEAT = 0.3
PACE = 1.2  # seconds that a step stays while the steps are played


def result(run: generate_run.Run) -> None:
    """Draw the texts of a run and one step of one of them; while it is under way, the texts have a beat of their own.

    There is one beat, and what has it is drawn last. Streamlit's browser half (1.67) was seen to lose messages, probably of
    a run that begins before it has put away the run before: with two beats at once, or one that falls into the end of
    the page's own run, pages were left without their figures.
    """
    if "_view_row" in st.session_state:  # a branch has begun: show it
        st.session_state["sentence"] = st.session_state.pop("_view_row")
    # The slider's own value is forgotten while another page is shown.
    st.session_state.setdefault("step", st.session_state.get("_step", 1))
    if run.job.done:
        pace = PACE if st.session_state.get("_playing") else None
        st.fragment(_ended, key="ended", run_every=pace)(run)
        return
    text, picture = _halves()
    with picture:
        st.fragment(_picture, key="picture")(run)
    run.job.wait_for_event(BEAT)  # the first word is drawn at once, not a beat later
    with text:
        st.fragment(_growing, key="growing", run_every=BEAT)(run)


def _ended(run: generate_run.Run) -> None:
    """Draw texts and picture of a run that has ended: a click in either shows in both.

    The texts come first: they have just been read and must not be gone while a picture takes its time.
    """
    if _take_click(run) and st.session_state.pop("_playing", False):
        st.rerun()  # the beat of the fragment is set by the page
    _play_on(run)
    _bound_choice(run)
    text, picture = _halves()
    with text:
        generate_text.texts(run, _chosen())
    with picture:
        _picture(run)


def _growing(run: generate_run.Run) -> None:
    """Draw the texts as far as they are. The picture stands still meanwhile: redrawing it takes most of a beat."""
    if _take_click(run):
        st.rerun()
    # Both asked first: what comes after is drawn by the next run.
    ended, first, has_words = run.job.done, _is_first(run), bool(run.job.events)
    generate_text.texts(run, _chosen())
    if has_words:
        st.session_state["_shown"] = run.job
    if ended or (not first and st.session_state.get("_picture_waits") and _is_drawn(run)):
        st.rerun()


def _picture(run: generate_run.Run) -> None:
    """Draw the chosen step with the widgets that choose it, or why there is none."""
    row, number = _choose(run)
    steps = run.rows()[row]
    first = _is_first(run)
    st.session_state["_picture_waits"] = first or number >= len(steps)
    with frame.reader_errors():
        if first:
            st.info("This step is drawn in a moment.")
        elif number < len(steps):
            _step(run, steps[number], frame.palette())
        else:
            _no_step(run, row, steps)


def _is_first(run: generate_run.Run) -> bool:
    """Return whether none of the latest job's words has been on the page.

    They come first and the picture a beat later: the browser shows a word only once it has drawn all that came with it.
    """
    return not run.job.done and st.session_state.get("_shown") is not run.job


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    text, picture = st.columns([11, 10], gap="large")
    return text, picture


def _chosen() -> tuple[int, int]:
    """Return the chosen row and step, counted from 0."""
    return int(st.session_state.get("sentence", 0)), int(st.session_state["step"]) - 1


def _is_drawn(run: generate_run.Run) -> bool:
    """Return whether the chosen step is there, or never will be."""
    row, number = _chosen()
    row = min(row, run.count - 1)
    return number < len(run.rows()[row]) or run.job_of(row).done or bool(_stop_of(run, row))


def _stop_of(run: generate_run.Run, row: int) -> str:
    steps = run.rows()[row]
    return steps[-1].stop if steps else ""


def _take_click(run: generate_run.Run) -> bool:
    """Choose the token that was clicked, before any widget that shows the choice; return whether one was."""
    for row in range(run.count):
        clicked = getattr(st.session_state.get(f"text_{row}"), "clicked", None)
        if clicked is not None:
            st.session_state["sentence"], st.session_state["step"] = row, int(clicked) - len(run.prompt(row)) + 1
            return True
    return False


def _choose(run: generate_run.Run) -> tuple[int, int]:
    """Draw the choice of row and step and return both, counted from 0."""
    last = run.request.max_new_tokens
    _bound_choice(run)
    which, back, onward, play = st.columns([4, 3.4, 3.4, 3.4], vertical_alignment="bottom", gap="small")
    with which:
        row = controls.number("sentence", high=run.count - 1)
    back.button("Back", key="back", on_click=_move, args=(-1,), shortcut="Left", width="stretch")
    onward.button("Next", key="next", on_click=_move, args=(1,), shortcut="Right", width="stretch")
    playing = st.session_state.get("_playing", False)
    if play.button(
        "Pause" if playing else "Play",
        key="play",
        on_click=_play,
        args=(run,),
        disabled=not run.job.done or batch.measuring(),
        width="stretch",
    ):
        st.rerun()  # the beat of the fragment is set by the page
    if last > 1:
        st.slider("Step", 1, last, key="step")
    st.session_state["_step"] = st.session_state["step"]
    return int(row), st.session_state["step"] - 1


def _bound_choice(run: generate_run.Run) -> None:
    """Bring the chosen row and step within what the run has."""
    controls.bound("sentence", run.count - 1)
    st.session_state["step"] = min(max(st.session_state["step"], 1), run.request.max_new_tokens)


def _move(by: int) -> None:
    st.session_state["step"] += by


def _play(run: generate_run.Run) -> None:
    """Begin to go through the steps of the row in view, from the first where the last is shown; or pause. A callback."""
    state = st.session_state
    state["_playing"] = not state.get("_playing", False)
    row = min(_chosen()[0], run.count - 1)
    if state["_playing"] and state["step"] >= len(run.rows()[row]):
        state["step"] = 1
    state["_played_at"] = time.monotonic()


def _play_on(run: generate_run.Run) -> None:
    """Go one step on when the beat says so; at the end of the row, stop."""
    state = st.session_state
    if not state.get("_playing") or time.monotonic() - state.get("_played_at", 0.0) < 0.8 * PACE:
        return
    row = min(_chosen()[0], run.count - 1)
    if state["step"] < len(run.rows()[row]):
        state["step"] += 1
        state["_played_at"] = time.monotonic()
    else:
        state["_playing"] = False
        st.rerun()


def _no_step(run: generate_run.Run, row: int, steps: list[Step]) -> None:
    job = run.job_of(row)
    ended = job.done
    if job.error is not None:
        raise job.error
    if steps and steps[-1].stop:
        st.info(f"No step here: this row has {len(steps)}. {explain.ending(steps[-1], run.loaded.context)}")
    elif ended:
        st.info(f"No step here: the run was stopped after {len(steps)}.")
    else:
        st.info("This step is not drawn yet.")


def _step(run: generate_run.Run, step: Step, palette: Palette) -> None:
    """Draw one step: why the top word was or was not drawn, and the view of it that is chosen."""
    from pages.generate.views import VIEWS

    st.text(explain.why(step, run.request.settings, run.label))
    view = controls.choice("view", CONTROLS["view"].options, show_label=False)
    if view in VIEWS:
        VIEWS[view](run, step)
    else:
        candidates.draw(run, step, palette)
