"""The lesson that runs in a session: its step, what is revealed, what the reader chose; opening and leaving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from pages.common import controls, mask_state
from pages.common.controls import OPENS, value
from pages.common.lesson import lesson_steps
from pages.common.lesson.lesson_steps import Place

_REVEALED, _CHOSEN, _PAGE, _LEFT = "_revealed", "_chosen_answers", "_page_in_view", "_lesson_left"
# What the reader had before the lesson, and after it the sentences of the lesson, while which it can be had again.
_OWN, _LEFT_WITH = "_own_sentences", "_left_with"


def page_in_view() -> str:
    """Return the title of the page that is drawn now."""
    return str(st.session_state.get(_PAGE, ""))


def here() -> Place | None:
    """Return the step that the session is in, None outside of lessons."""
    return lesson_steps.place(value("lesson"))


def enter(page: str, files: Mapping[str, str]) -> None:
    """Note which page is in view; where a step was opened, or a lesson left, go to its page. `files` are those of the pages."""
    st.session_state[_PAGE] = page
    st.session_state[controls.WAITS] = waits()
    if st.session_state.pop(_LEFT, False) and page != "Lessons":
        st.switch_page(files["Lessons"])
    if not st.session_state.pop(OPENS, False):
        return
    mask_state.forget()
    place = here()
    if place is not None and place.step.state.page != page:
        st.switch_page(files[place.step.state.page])
    controls.publish()


def covers() -> str:
    """Return what the cover lies on: a step, or the page in view where results are asked to be covered; else nothing."""
    place = here()
    if place is not None:
        return place.name
    return page_in_view() if value("cover") == "on" else ""


def revealed() -> bool:
    """Return whether the results are in view: not covered at all, or uncovered."""
    return not covers() or covers() in st.session_state.get(_REVEALED, ())


def waits() -> bool:
    """Return whether the page in view is that of a step whose results are covered."""
    place = here()
    return place is not None and place.step.state.page == page_in_view() and not revealed()


def has_keys() -> bool:
    """Return whether keys lead the lesson or lift the cover; the same keys of a page then do nothing."""
    return here() is not None or not revealed()


def button_type() -> Literal["primary", "secondary"]:
    """Return the type of a page's own main button: where a cover or a step is, only the strip has a primary one."""
    return "secondary" if covers() else "primary"


def reveal() -> None:
    """Uncover the results. A callback."""
    st.session_state[_REVEALED] = {*st.session_state.get(_REVEALED, ()), covers()}


def cover_again() -> None:
    """Cover the results of the page in view. A callback."""
    st.session_state[_REVEALED] = set(st.session_state.get(_REVEALED, ())) - {covers()}


def cover_all() -> None:
    """Cover every result again, those of steps too."""
    st.session_state[_REVEALED] = set()


def start(place: Place) -> None:
    """Open the first step of a lesson, with nothing revealed or chosen yet. A callback."""
    of_lesson = {f"{place.lesson.id}-{step.number}" for step in place.lesson.steps}
    st.session_state[_REVEALED] = set(st.session_state.get(_REVEALED, ())) - of_lesson
    st.session_state[_CHOSEN] = {
        name: one for name, one in st.session_state.get(_CHOSEN, {}).items() if name not in of_lesson
    }
    open_step(place)


def open_step(place: Place) -> None:
    """Open a step: its page, with every published control as the step says. A callback."""
    if here() is None:
        st.session_state[_OWN] = {name: value(name) for name in ("text", "model")}
    for name, new in lesson_steps.values(place.name).items():
        st.session_state[name] = new
    st.session_state["lesson"] = place.name
    st.session_state[OPENS] = True


def strayed() -> bool:
    """Return whether the page shows another state than the step speaks of: another model, or other values than its link names."""
    place = here()
    if place is None:
        return False
    start = lesson_steps.values(place.name)
    return any(value(name) != start[name] for name in ("model", *place.step.state.parameters))


def leave() -> None:
    """End the lesson and show what others there are; the controls of all pages stay as they are. A callback."""
    st.session_state[_LEFT_WITH], st.session_state[_LEFT] = value("text"), True
    controls.change(lesson="")


def own() -> Mapping[str, str]:
    """Return the sentences and the model from before the lesson that was left; empty once the sentences changed."""
    kept: Mapping[str, str] = st.session_state.get(_OWN, {})
    left = here() is None and st.session_state.get(_LEFT_WITH) == value("text")
    return kept if left and kept and kept["text"] != value("text") else {}


def chosen(place: Place) -> int | None:
    """Return which choice of a step the reader committed to, counted from 0."""
    found: int | None = st.session_state.get(_CHOSEN, {}).get(place.name)
    return found


def choose(place: Place, choice: int | None) -> None:
    """Commit to a choice, or take it back."""
    st.session_state[_CHOSEN] = {**st.session_state.get(_CHOSEN, {}), place.name: choice}
