"""The examples of the Generate page: each sets the sentences, the settings and what is hidden, and starts its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate.examples import BY_NAME, EXAMPLE_CONTROLS, TEXT_EXAMPLES
from pages.common import example_list, mask_state
from pages.common.caches import cache_words
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.generate.controls import START
from pages.generate.state import generate_state

if TYPE_CHECKING:
    from pages.common.frame import Page


def draw(page: Page) -> None:
    """Draw the list of examples below the sentences in the sidebar."""
    with st.sidebar:
        example_list.draw(
            TEXT_EXAMPLES,
            key="text_examples",
            caption="Each brings its sentences and settings.",
            use=use,
            model=page.model,
            width="stretch",
        )


def use(model: str, name: str) -> None:
    """Put an example on the page and start its text. A callback."""
    from model_utils.masks.link import format_weights

    preset = BY_NAME[name]
    last = preset.text.rpartition("\n")[2]
    words = cache_words.words(model, last) if preset.hidden else ()
    hidden = {token: 0.0 for place in preset.hidden for token in words[place].tokens}
    mask_state.change(
        **{knob: preset.controls.get(knob, CONTROLS[knob].default) for knob in EXAMPLE_CONTROLS},
        text=preset.text,
        sentence=preset.sentence,
        weights=format_weights(hidden),
        cells="",
        gap="hole",
        padding="on",
    )
    generate_state().example = name
    START.click()


def caption(page: Page) -> None:
    """Draw what the example shows, as long as its sentences stand."""
    preset = BY_NAME.get(generate_state().example)
    if preset is not None and preset.text == page.text:
        st.markdown(f"**{literal(preset.name)}.** {literal(preset.caption)}")
        example_list.say_model([preset], page.text, page.entry)
