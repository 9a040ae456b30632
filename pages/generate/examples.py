"""Examples for the pages that generate: each sets the sentences, the settings and what is hidden, and begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate.presets import BY_NAME, KNOBS, TEXT_PRESETS
from pages.common import example_list, mask_state
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.masks import cache

if TYPE_CHECKING:
    from pages.common.frame import Page

_ASKED = "_generate_asked"


def draw(page: Page) -> None:
    """Draw the list of examples below the sentences in the sidebar."""
    with st.sidebar:
        example_list.draw(
            TEXT_PRESETS,
            key="text_examples",
            caption="Each brings its sentences and settings.",
            use=use,
            model=page.model,
            width="stretch",
        )


def use(model: str, name: str) -> None:
    """Put an example on the page and ask for its text. A callback."""
    from model_utils.masks.link import format_weights

    preset = BY_NAME[name]
    last = preset.text.rpartition("\n")[2]
    words = cache.words(model, last) if preset.hidden else ()
    hidden = {token: 0.0 for place in preset.hidden for token in words[place].tokens}
    for knob in KNOBS:
        st.session_state[knob] = preset.controls.get(knob, CONTROLS[knob].default)
    mask_state.change(
        text=preset.text,
        sentence=preset.sentence,
        weights=format_weights(hidden),
        cells="",
        gap="hole",
        padding="on",
    )
    st.session_state[_ASKED] = True
    st.session_state["_said"] = name


def asked() -> bool:
    """Return whether an example asked for its text since this was last called."""
    return bool(st.session_state.pop(_ASKED, False))


def caption(text: str) -> None:
    """Say what the example shows, as long as its sentences stand."""
    preset = BY_NAME.get(st.session_state.get("_said", ""))
    if preset is not None and preset.text == text:
        st.markdown(f"**{literal(preset.name)}.** {literal(preset.says)}")
