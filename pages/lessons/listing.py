"""The list of the Lessons page: each lesson with its steps, minutes and notes, and the buttons that open them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from lessons.loading import Lesson
from model_utils.models.registry import BUNDLED_ID
from pages.common import controls
from pages.common.caches import cache
from pages.common.hall import present
from pages.common.lesson import lesson, lesson_steps, lesson_strip, room_panel
from pages.common.lesson.lesson_steps import Place
from pages.common.markdown import literal

if TYPE_CHECKING:
    from model_utils.models.loading import LoadedModel


def draw() -> None:
    """Draw all lessons, and a sentence for each file that cannot be used."""
    found = lesson_steps.lessons()
    for mistake in found.mistakes:
        st.warning(literal(mistake))
    _how()
    with st.container(horizontal=True, vertical_alignment="center"):
        with_notes = controls.switch("notes")
        controls.switch("cover")
        if lesson.here() is None:  # in a lesson the strip has it
            room_panel.menu()
    if lesson.here() is None:
        room_panel.line(None)
    for one in found.lessons.values():
        first = Place(lesson=one, step=one.steps[0])
        with st.container(border=True, gap="xsmall", key=f"lesson_{one.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader(one.title, anchor=False, width="content")
                st.caption(f"{one.minutes} minutes", width="content")
                st.button("Start", key=f"start_{one.id}", type="primary", on_click=lesson.start, args=(first,))
                _handouts(one)
            if one.aim:
                st.markdown(one.aim)
            st.caption(one.needs)
            # All lessons are to be seen at once; who asks for notes wants to read them.
            with st.expander(f"{len(one.steps)} steps", expanded=with_notes, key=f"steps_{one.id}"):
                for step in one.steps:
                    with st.container(gap="xxsmall"):
                        _step(Place(lesson=one, step=step), with_notes=with_notes)


def _how() -> None:
    """Say how a lesson goes, and draw the button that lays it out for a hall."""
    st.caption(
        f"Each step opens its page with the result covered: ask, let everybody choose, then reveal. {lesson_strip.KEYS}"
    )
    if not present.on():
        with st.container(horizontal=True, vertical_alignment="center"):
            present.switch("present_here", shortcut=None)  # the key is that of the one in the sidebar
            st.caption(
                "For a projector: large text, the menu put away. The key F does the same on every page, at any time."
            )


def _handouts(one: Lesson) -> None:
    """Draw the buttons that save the sheets of a lesson; each is made when it is asked for, on the bundled model."""
    from pages.lessons import handout

    for name, label, page in (
        ("class", "Handout", handout.student_page),
        ("teacher", "Handout with answers", handout.teacher_page),
    ):
        st.download_button(
            label,
            data=partial(_sheet, page, one),
            file_name=f"maskscope-{one.id}-{name}.html",
            mime="text/html",
            key=f"handout_{one.id}_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def _sheet(page: Callable[[Lesson, LoadedModel], str], one: Lesson) -> str:
    loaded = cache.loaded_model(BUNDLED_ID)
    with cache.gate():
        return page(one, loaded)


def _step(place: Place, *, with_notes: bool) -> None:
    """Draw one step: its title, which opens it, its page, minutes and question; with notes, what it reveals as well."""
    step = place.step
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"**{step.number}. {step.title}**",
            key=f"open_{place.name}",
            type="tertiary",
            on_click=lesson.open_step,
            args=(place,),
        )
        st.caption(f"{step.state.page}, {step.minutes} min", width="content")
    st.markdown(step.question)
    if with_notes:
        for number, choice in enumerate(step.choices, start=1):
            st.markdown(f"{number}. {choice}" + (" :material/check:" if number == step.answer else ""))
        st.markdown(f"**Reveal.** {step.reveal}")
        st.caption(f":material/school: {step.note}")
