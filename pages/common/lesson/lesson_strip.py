"""The strip on top of every page while a lesson runs, or while results are covered: the question, Reveal, Next, Back."""

from __future__ import annotations

import streamlit as st

from pages.common.components.lesson_keys import lesson_keys
from pages.common.controls import hold, value
from pages.common.hall import present
from pages.common.lesson import lesson, room, room_panel
from pages.common.lesson.lesson_steps import Place

# What a page draws below its first screen: from the control that a step opens it with to the key of what then comes into view.
BELOW = {"beside": "fig_difference"} | {
    name: name for name in ("topic", "look", "closer", "part", "view", "beam_view", "batch", "plot")
}

# Pages whose sentences stand in what they answer with: covered, the strip says them.
TEXTS = ("Generate", "Compare")


def draw() -> None:
    """Draw the strip, where there is something to reveal, and listen to its keys; phones in the room see what it asks."""
    place = lesson.here()
    room.follow()
    if place is None and not lesson.covers():
        return
    with st.container(border=True, gap="xsmall", key="lesson_strip"):
        if place is None:
            _cover_alone()
        else:
            _buttons(place)
            room_panel.line(place)
            with st.container(key="lesson_question", gap="xsmall"):
                st.markdown(f"**{place.step.question}**")
            if not lesson.revealed() and place.step.state.page in TEXTS:
                st.text("\n".join(f"“{line} …”" for line in value("text").splitlines()))
            if value("notes") == "on" and not present.on():  # they are the teacher's, not the hall's
                st.caption(f":material/school: {place.step.note}")
            if lesson.revealed():
                _reveal(place)
            elif place.step.choices:
                _choices(place)
            else:
                st.markdown(place.step.prompt)
    if place is not None or not lesson.revealed():
        lesson_keys(
            onward="lesson_next" if lesson.revealed() else "lesson_reveal",
            step=lesson.covers(),
            revealed=lesson.revealed(),
            view="" if place is None else _view(place),
        )


def _view(place: Place) -> str:
    """Return the key of what a step asks about, nothing where that is the page's first result."""
    return next((key for name, key in BELOW.items() if name in place.step.state.parameters), "")


def _cover_alone() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**What do you expect?** Say it before you look.", width="content")
        _reveal_button()
        if lesson.revealed():
            st.button("Cover again", key="lesson_cover", on_click=lesson.cover_again)


def _buttons(place: Place) -> None:
    """Draw where the lesson is, and the buttons that lead through it."""
    back, onward = place.beside(-1), place.beside(1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(place.label, color="primary")
        st.button("Back", key="lesson_back", on_click=lesson.open_step, args=(back,), disabled=back is None)
        _reveal_button()
        st.button(
            "Next",
            key="lesson_next",
            on_click=lesson.open_step,
            args=(onward,),
            disabled=onward is None,
            type="primary" if lesson.revealed() else "secondary",
        )
        st.button("Leave", key="lesson_leave", on_click=lesson.leave, type="tertiary", icon=":material/close:")
        room_panel.menu()


def _reveal_button() -> None:
    shown = lesson.revealed()
    st.button(
        "Reveal",
        key="lesson_reveal",
        on_click=lesson.reveal,
        disabled=shown,
        type="secondary" if shown else "primary",
    )


def _choices(place: Place) -> None:
    """Draw what the reader may commit to; it can be changed until it is revealed."""
    key = "lesson_choice"
    chosen = lesson.chosen(place)
    hold(key, chosen, place.name)
    st.pills(
        "Your prediction",
        range(len(place.step.choices)),
        default=chosen,
        format_func=lambda at: f"{at + 1} · {place.step.choices[at]}",
        key=key,
        on_change=lambda: lesson.choose(place, st.session_state[key]),
        label_visibility="collapsed",
    )


def _reveal(place: Place) -> None:
    """Draw what the class and the reader predicted beside what the model does."""
    step, chosen, counts = place.step, lesson.chosen(place), room_panel.counts(place)
    if lesson.strayed():
        st.caption(":material/info: The page shows another state by now; the numbers here are those of the step.")
    if chosen is None and not counts:
        st.markdown(step.reveal)
        return
    said, models = st.columns([1, 1] if counts else [1, 3], gap="small")
    with said:
        if counts:
            room_panel.votes(place, counts)
        if chosen is not None:
            right = "" if step.answer is None else f" :material/{'check' if chosen + 1 == step.answer else 'close'}:"
            st.markdown(f":gray[You said]  \n**{step.choices[chosen]}**{right}")
    models.markdown(f":gray[What the model does]  \n{step.reveal}")
