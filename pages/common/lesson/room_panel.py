"""What a session sees of its room: the address for phones, how many have voted, what they chose, and what ends it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from lessons.rooms import RoomError, RoomKeys
from pages.common import controls, downloads
from pages.common.components.plot import plot
from pages.common.components.vote_count import vote_count
from pages.common.hall import present
from pages.common.lesson import lesson, room
from pages.common.public_address import VARIABLE
from pages.common.voting.routes import ROOMS

if TYPE_CHECKING:
    from pages.common.lesson.lesson_steps import Place


def menu() -> None:
    """Draw the button behind which a room is opened or rejoined; where the session leads one, what belongs to it."""
    keys, unled = room.keys(), room.unled()
    label = f"Room {keys.letters}" if keys else f"Rejoin room {unled}" if unled else "Voting"
    kind: Literal["secondary", "tertiary"] = "secondary" if keys or unled else "tertiary"
    with st.popover(label, icon=":material/how_to_vote:", key="room_menu", type=kind):
        if keys is None:
            _no_room(unled)
        else:
            _own_room(keys)


def _no_room(letters: str) -> None:
    st.markdown("In a room, phones and laptops see the questions of a lesson, and vote.")
    st.button("Open a room", key="room_open", type="primary", on_click=room.open_new)
    st.caption("Or rejoin one that you opened before a reload or on another computer.")
    st.session_state.setdefault(room.TYPED_LETTERS, letters)
    st.text_input("Room code", key=room.TYPED_LETTERS, max_chars=20)
    st.text_input("Room password", key=room.TYPED_CODE, max_chars=40, type="password", autocomplete="off")
    st.button("Rejoin", key="room_take_up", on_click=room.take_up)
    if letters:
        st.button(
            "It is not my room", key="room_not_mine", on_click=controls.change, kwargs={"room": ""}, type="tertiary"
        )


def _own_room(keys: RoomKeys) -> None:
    _address(keys)
    _code(keys)
    downloads.numbers_button("votes", partial(_table, keys), label="Votes (CSV)")
    place = lesson.here()
    if place is not None and place.step.choices and lesson.revealed():
        st.button("Ask this question anew: its votes are forgotten", key="room_ask_again", on_click=room.ask_again)
    if st.toggle("End the room", key="room_ends"):
        st.button("End it: its votes are forgotten", key="room_end", on_click=room.end, type="primary")


@st.fragment
def _code(keys: RoomKeys) -> None:
    """Draw the room's password where it is asked for: the hall may be looking. A fragment: the page stays as it is."""
    if st.toggle("Show the password", key="room_show_code"):
        st.code(keys.written, language=None)
    st.caption("Note it before the class comes: with it you rejoin the room after a reload or on another computer.")


def _table(keys: RoomKeys) -> pd.DataFrame:
    return pd.DataFrame(ROOMS.table(keys), columns=["step", "question", "choice", "votes"])


def line(place: Place | None) -> None:
    """Draw where phones vote, and how many have voted on a step that is not revealed; nothing where there is no room."""
    why = room.said()
    if why:
        st.warning(why)
    keys = room.keys()
    if unled := room.unled():
        st.warning(
            f"This window does not lead room {unled}: phones in it do not follow. Rejoin it above, with its password."
        )
    if keys is None or (place is not None and lesson.revealed()):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="room_line"):
        _address(keys)
        if place is not None and place.step.choices:
            vote_count(keys, sum(counts(place)))
        elif place is not None:
            st.caption("No vote on this step: it has no choices.", width="content")
    if room.local() and not present.on():
        st.caption(
            ":material/info: Phones do not find this address: open the app under the address that this computer has in the "
            f"network, or set {VARIABLE}."
        )


def _address(keys: RoomKeys) -> None:
    st.markdown(f"Vote at **{room.link(keys.letters)}**", width="content")


def counts(place: Place) -> tuple[int, ...]:
    """Return how many in the session's room voted for each choice of a step; nothing where there was no vote."""
    keys = room.keys()
    try:
        return () if keys is None else ROOMS.counts(keys, place.name)
    except RoomError:  # ended this very moment, in another window
        return ()


def votes(place: Place, counts: tuple[int, ...]) -> None:
    """Draw what the phones chose on a step that is revealed, with the right answer marked."""
    from pages.common.frame import palette  # it draws this strip
    from viz.base.vote_bars import vote_bars

    st.markdown(f":gray[The class said · {sum(counts)} {'vote' if sum(counts) == 1 else 'votes'}]")
    choices = room.question(place).choices
    figure = vote_bars(choices, counts, right=room.right(place), palette=palette())
    shown = ", ".join(f"{choice}: {count}" for choice, count in zip(choices, counts, strict=True))
    plot(figure, "votes", alt=f"Votes. {shown}", toolbar=False)
