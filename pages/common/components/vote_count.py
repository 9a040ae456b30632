"""How many have voted, counted on while the page stays as it is: the browser asks the server, and no run of the page does."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lessons.rooms import RoomKeys
from pages.common.assets import below_base

_HERE = Path(__file__).parent

# Registered once, when the server first imports this.
_COUNT = st.components.v2.component(
    "maskscope_vote_count",
    html='<span class="vote-count"></span>',
    css=(_HERE / "vote_count.css").read_text(encoding="utf-8"),
    js=(_HERE / "vote_count.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def vote_count(keys: RoomKeys, votes: int) -> None:
    """Draw how many have voted on what a room asks now: `votes` at first, then what its count says every two seconds."""
    data = {"address": below_base(f"room/{keys.letters}/count"), "code": keys.code, "votes": votes}
    _COUNT(data=data, key="vote_count")
