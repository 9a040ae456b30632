"""The controls of the Generate page, and what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils import verdict
from pages.common import controls, frame, runs

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Where a slider ends unless a link asks for more: nearly all use lies below, and a slider over 50,257 cannot be aimed.
BOXES = ("seed", "max_new_tokens")
MORE = ("min_p", "order")
USUAL = {"temperature": 2.0, "top_k": 200}


def draw_controls() -> tuple[dict[str, Any], DeltaGenerator, DeltaGenerator]:
    """Draw the controls and return what they say, by name, and the places of the buttons Generate and Stop."""
    places = st.columns([2.8, 2.8, 2.8, 2.1, 2.1, 2.3, 2.6, 1.9], vertical_alignment="bottom")
    said = {}
    for name, place in zip(("temperature", "top_k", "top_p", "seed", "max_new_tokens"), places, strict=False):
        with place:
            said[name] = controls.number(name) if name in BOXES else _slider(name)
    with places[-3]:
        said |= _more()
    return said, places[-2], places[-1]


def _more() -> dict[str, Any]:
    """Draw the filters that are off at first, and the order of all, behind a button that says when they do something."""
    control = controls.CONTROLS["order"]
    changed = any(
        st.session_state.get(name, controls.CONTROLS[name].default) != controls.CONTROLS[name].default for name in MORE
    )
    with st.popover("More" + " •" * changed, key="more_filters", width="stretch"):
        return {
            "min_p": controls.number("min_p", slider=True),
            "order": st.selectbox(
                control.label, control.options, key="order", format_func=_in_words, bind="query-params"
            ),
        }


def _in_words(order: str) -> str:
    from model_utils.sampling import FILTERS

    return " → ".join(FILTERS[letter] for letter in order)


def make_request(page: frame.Page, said: dict[str, Any]) -> runs.Request:
    """Return what the controls and the shared sentences ask for. Raises InputError for what is outside its bounds."""
    from model_utils.sampling import SamplingSettings

    settings = SamplingSettings(**{name: value for name, value in said.items() if name != "max_new_tokens"})
    texts = page.batch(side="left").texts
    return runs.Request(model=page.model, texts=texts, settings=settings, max_new_tokens=said["max_new_tokens"])


def _slider(name: str) -> float:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    if name not in USUAL:
        return controls.number(name, slider=True)
    key = f"_high_{name}"
    asked = st.session_state.get(name, controls.CONTROLS[name].default)
    if asked > st.session_state.setdefault(key, USUAL[name]):
        st.session_state[key] = controls.CONTROLS[name].high
    return controls.number(name, slider=True, high=st.session_state[key])


def invite() -> None:
    """Say what to do where there is no text yet: a large model is not set to work unasked."""
    st.caption("Press Generate: the model continues each of your sentences, and every step can be looked into.")


def made_with(run: runs.Run, request: runs.Request | None) -> None:
    """Say which settings the text on the page was made with, when the controls say something else by now."""
    if request is None or run.request == request:
        return
    made = run.request
    parts = [verdict.describe(made.settings), f"{made.max_new_tokens} new tokens"]
    if made.model != request.model:
        parts.append(f"model {made.model}")
    if made.texts != request.texts:
        parts.append("other sentences")
    st.info(f"This text was made with {', '.join(parts)}. Press Generate for one with the present settings.")
