"""The strip on top of every page while a lesson runs, or while results are covered: the question, Reveal, Next, Back."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import streamlit as st

from model_utils.errors import InputError
from pages.common.components.lesson_keys import lesson_keys
from pages.common.controls import hold, value
from pages.common.hall import present
from pages.common.lesson import lesson, room, room_panel
from pages.common.lesson.lesson_steps import Place
from pages.common.link_parameters import VIEWS
from pages.common.markdown import literal

# What a page draws below its first screen: from the control that a step opens it with to the key of what then comes into view.
BELOW = {"beside": "difference_shown"} | {name: name for name in VIEWS}
# Views whose answer stands further down than where they are chosen: its picture needs the room below the strip.
FURTHER_DOWN = {
    ("look", "patterns"): "fig_surprise",
    ("look", "effect"): "effect_shown",
    ("topic", "next-word"): "fig_next",
    ("topic", "alone"): "fig_independence",
    ("part", "wrong"): "fig_wrong",
    ("view", "draws"): "fig_dice",
    ("view", "waterfall"): "fig_waterfall",
    ("plot", "steps"): "steps_shown",
    ("plot", "sweep"): "fig_ladder",
}

# Where a step opens none of these: pages on which what was done to the words stands above the first result.
WORDS = {"Masks": "mask_strip"}

# What the keys of a lesson do, as a sentence.
KEYS = "Space or PageDown reveals and goes on, PageUp goes back, B blanks the screen, digits choose."

# Pages whose sentences stand in what they answer with: covered, the strip says them.
TEXTS = ("Tokens", "Generate", "Compare")


def draw() -> None:
    """Draw the strip, where there is something to reveal, and listen to its keys; phones in the room see what it asks."""
    place = lesson.here()
    room.follow()
    if place is None and not lesson.covers():
        return
    st.html(Path(__file__).with_name("lesson_strip.css"))
    with st.container(border=True, gap="xsmall", key="lesson_strip"):
        if place is None:
            _cover_alone()
        else:
            _buttons(place)
            room_panel.line(place)
            with st.container(key="lesson_question", gap="xsmall"):
                st.markdown(f"**{_unbroken(place.step.question)}**")
            if not lesson.revealed() and place.step.state.page in TEXTS:
                st.text("\n".join(f"“{line} …”" for line in value("text").splitlines()))
            if lesson.revealed():
                _reveal(place)
                if value("notes") == "on" and not present.on():  # they are the teacher's, not the hall's
                    st.caption(f":material/school: {place.step.note}")
            elif place.step.choices:
                _choices(place)
            else:
                st.markdown(place.step.prompt)
    if lesson.has_keys():
        lesson_keys(
            onward="lesson_next" if lesson.revealed() else "lesson_reveal",
            step=lesson.covers(),
            revealed=lesson.revealed(),
            view="" if place is None else _view(place),
        )


def _view(place: Place) -> str:
    """Return the key of what a step asks about, nothing where that is the page's first result."""
    given, words = place.step.state.parameters, WORDS.get(place.step.state.page, "")
    return next((FURTHER_DOWN.get((name, given[name]), key) for name, key in BELOW.items() if name in given), words)


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
        st.badge(place.label, color="primary", help=KEYS)
        st.button("Back", key="lesson_back", on_click=lesson.open_step, args=(back,), disabled=back is None)
        _reveal_button()
        st.button(
            _onward_label(onward),
            key="lesson_next",
            on_click=lesson.open_step if onward else lesson.leave,
            args=(onward,) if onward else (),
            disabled=onward is None and not lesson.revealed(),
            type="primary" if lesson.revealed() else "tertiary",
        )
        st.button("Leave", key="lesson_leave", on_click=lesson.leave, type="tertiary", icon=":material/close:")
        room_panel.menu()
        if not present.on():  # who presents knows them
            st.caption(":material/keyboard: PageDown, PageUp", width="content")
        _set_up(place)


def _onward_label(onward: Place | None) -> str:
    """Return what the button that leads on is called; before the reveal it leaves the answer out."""
    if onward is None:
        return "All lessons"
    return "Next" if lesson.revealed() else "Skip"


def _set_up(place: Place) -> None:
    """Say what is set, in a hall, whose pages have no sliders while a lesson runs."""
    said = _settings(place.step.state.page) if present.on() else ""
    if said:
        st.markdown(f":material/tune: {literal(said)}", width="content")


def _settings(page: str) -> str:
    """Return how a page draws; nothing for one that does not draw, and for Compare once its rows are in view and say so."""
    if page == "Generate":
        from model_utils.generate import explain
        from model_utils.generate.filters.filter_settings import SETTINGS, SamplingSettings

        return explain.describe(SamplingSettings(**{name: value(name) for name in SETTINGS}))
    if page == "Compare" and not lesson.revealed():
        from model_utils.compare.settings import name, parse

        with suppress(InputError):  # what is wrong with them stands where they are changed
            rows = [f"{number} · {name(row)}" for number, row in enumerate(parse(value("settings")))]
            return "; ".join([*rows, f"seed {value('seed')}"])
    return ""


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
        format_func=lambda at: _choice(place, at),
        key=key,
        on_change=lambda: lesson.choose(place, st.session_state[key]),
        label_visibility="collapsed",
    )


def _choice(place: Place, at: int) -> str:
    return f"{at + 1} ·\N{NO-BREAK SPACE}{_unbroken(place.step.choices[at])}"


def _reveal(place: Place) -> None:
    """Draw what the class, or without votes the reader, predicted, the right choice marked, and what the model does."""
    chosen, counts = lesson.chosen(place), room_panel.counts(place)
    if lesson.strayed():
        st.caption(":material/info: The page shows another state by now; the numbers here are those of the step.")
    with st.container(key="lesson_answer", gap="xsmall"):
        if place.step.choices and not counts:  # else the votes show them
            st.markdown(" ".join(_marked(place, at, chosen) for at in range(len(place.step.choices))))
        if not counts:
            st.markdown(_unbroken(place.step.reveal))
            return
        said, models = st.columns(2, gap="small")
        with said:
            room_panel.votes(place, counts)
        models.markdown(f":gray[What the model does]  \n{_unbroken(place.step.reveal)}")


def _marked(place: Place, at: int, chosen: int | None) -> str:
    """Return a choice after the reveal: whether it was right, whether it is the reader's own."""
    answer, text = place.step.answer, _choice(place, at)
    if at == chosen:
        text += " (you said)"
    if at + 1 == answer:
        return f":green-badge[:material/check: **{text}**]"
    if at == chosen:
        return f":blue-badge[{text}]" if answer is None else f":red-badge[:material/close: {text}]"
    return f":gray-badge[{text}]"


def _unbroken(text: str) -> str:
    """Return a text whose numbers stay in one line with their unit."""
    return re.sub(r"(?<=\d) (?=%|bits?\b)", "\N{NO-BREAK SPACE}", text)
