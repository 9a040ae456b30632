"""The room that a session leads: opened, taken up again, moved with its lesson, ended. Phones vote in it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import streamlit as st

from lessons.rooms import LETTERS, Question, RoomError, RoomKeys, tidy
from model_utils.errors import InputError
from pages.common import controls
from pages.common.assets import below_base
from pages.common.controls import value
from pages.common.lesson import lesson
from pages.common.lesson.lesson_steps import Place
from pages.common.markdown import literal, plain
from pages.common.public_address import public_address
from pages.common.voting.routes import ROOMS

# Of this computer alone: phones do not find it.
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_KEYS, _SAID = "_room_keys", "_room_said"
TYPED_LETTERS, TYPED_CODE = "room_letters", "room_code"


def keys() -> RoomKeys | None:
    """Return what leads the room of this session, None where it leads none."""
    found: RoomKeys | None = st.session_state.get(_KEYS)
    try:
        if found is not None:
            ROOMS.check(found)
    except RoomError as error:
        _let_go(str(error))
        return None
    return found


def open_new() -> None:
    """Open a room; nothing is revealed in it yet. A callback."""
    try:
        _lead(ROOMS.open())
    except RoomError as error:
        st.session_state[_SAID] = str(error)
        return
    lesson.cover_all()


def take_up() -> None:
    """Lead the room whose letters and code were typed: after a reload, or from another computer. A callback."""
    state = st.session_state
    typed = RoomKeys(letters=tidy(state.get(TYPED_LETTERS, "")), code=tidy(state.get(TYPED_CODE, "")))
    try:
        ROOMS.check(typed)
    except RoomError as error:
        state[_SAID] = str(error)
    else:
        _lead(typed)


def end() -> None:
    """End the room of this session: its votes are forgotten. A callback."""
    found = keys()
    if found is not None:
        ROOMS.end(found)
        _let_go("")


def ask_again() -> None:
    """Cover the step again and take votes on it anew; those that it has are forgotten. A callback."""
    found, place = keys(), lesson.here()
    if found is not None and place is not None:
        ROOMS.forget(found, place.name)
        lesson.cover_again()


def follow() -> None:
    """Show the phones what the session shows: the question of its step, and the counts once it is revealed."""
    found, place = keys(), lesson.here()
    if found is None:
        return
    try:
        if place is None:
            ROOMS.show(found, None)
        else:
            ROOMS.show(found, question(place), revealed=lesson.revealed(), right=right(place))
    except RoomError as error:
        st.session_state[_SAID] = str(error)


def question(place: Place) -> Question:
    """Return what a step asks the phones: nothing of its answer."""
    step = place.step
    return Question(
        step=place.name, place=place.label, text=plain(step.question), choices=tuple(plain(one) for one in step.choices)
    )


def right(place: Place) -> int | None:
    """Return which choice of a step is right, from 0; None where it names none."""
    answer = place.step.answer
    return None if answer is None else answer - 1


def unled() -> str:
    """Return the letters of the room that the address names while this session does not lead it; else nothing."""
    return "" if keys() else tidy(value("room"))[:LETTERS]


def said() -> str:
    """Return why the last wish could not be granted, as Markdown; once."""
    return literal(st.session_state.pop(_SAID, ""))


def server() -> str:
    """Return the address of the app as others reach it: the one that the operator has set, else that of this browser."""
    with suppress(InputError):  # what is wrong with it stands where the code for phones is asked for
        return public_address() or _own()
    return _own()


def address(letters: str) -> str:
    """Return the address at which phones vote."""
    return f"{server()}/room/{letters}"


def link(letters: str) -> str:
    """Return the link to where phones vote, as Markdown; it reads as it is typed."""
    whole = address(letters)
    return f"[{literal(whole.removeprefix('https://'))}]({quote(whole, safe=':/@%[]')})"


def local() -> bool:
    """Return whether the address of the app is one that no other computer finds."""
    return server().partition("://")[2].startswith(_LOCAL)


def _own() -> str:
    found = (st.context.url or "http://localhost").partition("://")
    return f"{found[0]}://{found[2].partition('/')[0]}{below_base('')}".rstrip("/").rstrip("/")


def _lead(new: RoomKeys) -> None:
    st.session_state[_KEYS] = new
    st.session_state.pop(_SAID, None)
    controls.change(room=new.letters)


def _let_go(why: str) -> None:
    st.session_state.pop(_KEYS, None)
    st.session_state[_SAID] = why
    controls.change(room="")
