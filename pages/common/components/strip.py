"""Tokens as flowing, clickable text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.common.components.source import source
from viz.base.theme import Palette

# Registered once, when the server first imports this.
_STRIP = st.components.v2.component(
    "maskscope_strip",
    html='<div class="strip" role="group"></div>',
    css=source("strip.css"),
    js=source("strip.js"),
)

# How many clicks of a strip have been taken over, by its key.
_TAKEN = "_clicks_taken_"

State = Literal["plain", "quiet", "hidden", "blank", "difference"]


@dataclass(frozen=True, kw_only=True)
class StripToken:
    """One token of a strip. Its text is shown as text, whatever it holds.

    `state`: `plain`, `quiet` (grey: a prompt, a pad), `hidden` (struck out, hatched), `blank` (the empty place of a next
    word), `difference` (where a text leaves another one). `background` and `colour` are CSS colours, such as a place on
    the ramp. `title` is shown on hover, `note` small below the word, `spoken` is read by screen readers in place of the
    text. `pressed` says for a toggle whether it is on; `selected` frames the token in the accent colour,
    `repeated` underlines one of a run that stood in the text before.
    """

    text: str
    state: State = "plain"
    background: str = ""
    colour: str = ""
    title: str = ""
    note: str = ""
    spoken: str = ""
    clickable: bool = True
    pressed: bool | None = None
    selected: bool = False
    repeated: bool = False
    line_break: bool = False


def tokens_strip(
    tokens: Sequence[StripToken],
    *,
    key: str,
    label: str,
    palette: Palette,
    size: Literal["text", "large", "flow", "dense"] = "text",
    on_click: Callable[[int], None] | None = None,
) -> None:
    """Draw `tokens` as flowing text.

    `on_click` is called as a widget's callback with the index of a token that was clicked, once for each click. Clickable
    tokens are buttons: Tab and the arrow keys move between them, Enter and Space click. `label` names the strip for screen
    readers. Inside a fragment a click reruns that fragment alone. The size `flow` sets no gaps between tokens, so that those
    which keep their own spaces read as running text; `dense` is the same, smaller.
    """

    def clicked() -> None:
        for click in _clicks(key):
            if click["number"] >= st.session_state.get(_TAKEN + key, 0):
                st.session_state[_TAKEN + key] = click["number"] + 1
                if on_click is not None and 0 <= click["at"] < len(tokens):
                    on_click(click["at"])

    hand = palette.causes["hand"]
    data = {
        "tokens": [vars(token) for token in tokens],
        "taken": st.session_state.get(_TAKEN + key, 0),
        "label": label,
        "size": size,
        "colours": {"muted": palette.muted, "hand-mark": hand.mark, "hand-tint": hand.tint},
    }
    # As bytes: a dictionary would be searched for data frames, and written as JSON twice.
    _STRIP(data=json.dumps(data).encode(), key=key, on_clicked_change=clicked)


def last_click(key: str) -> int | None:
    """Return the index of the token of the strip `key` that was clicked in this run, the last of several; None without any."""
    clicks = _clicks(key)
    return clicks[-1]["at"] if clicks else None


def _clicks(key: str) -> list[dict[str, int]]:
    """Return the clicks that came with this run, each its number and the index of its token, in their order."""
    return getattr(st.session_state.get(key), "clicked", None) or []
