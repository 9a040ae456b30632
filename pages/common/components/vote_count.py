"""How many have voted, counted on while the page stays as it is: the browser asks the server, and no run of the page does."""

from __future__ import annotations

import streamlit as st

from lessons.rooms import RoomKeys
from pages.common.assets import below_base
from pages.common.components.source import source

# Registered once, when the server first imports this.
_COUNT = st.components.v2.component(
    "maskscope_vote_count",
    html='<span class="vote-count"></span>',
    css=source("vote_count.css"),
    js=source("vote_count.js"),
    isolate_styles=False,
)


def vote_count(keys: RoomKeys, votes: int) -> None:
    """Draw how many have voted on what a room asks now: `votes` at first, then what its count says every two seconds."""
    data = {"address": below_base(f"room/{keys.letters}/count"), "code": keys.code, "votes": votes}
    _COUNT(data=data, key="vote_count")
