"""The list of examples that a page offers behind one button."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

import streamlit as st

from pages.common.lesson import cover
from pages.common.markdown import literal

if TYPE_CHECKING:
    from model_utils.models.registry import ModelEntry


class Example(Protocol):
    """An example: what it is called, what it shows, and whether the bundled model is too small for it."""

    @property
    def name(self) -> str:
        """Return the name on its button."""

    @property
    def caption(self) -> str:
        """Return what it shows, in a sentence or two."""

    @property
    def text(self) -> str:
        """Return its sentences."""

    @property
    def real(self) -> bool:
        """Return whether it needs real GPT-2."""


def draw(
    examples: Iterable[Example],
    *,
    key: str,
    caption: str,
    use: Callable[[str, str], None],
    model: str,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Draw the list, which opens on a click and closes with a choice; `use(model, name)` puts an example on the page."""
    popover = st.popover("Examples", icon=":material/auto_stories:", key=key, width=width, on_change="rerun")
    if not popover.open:
        return
    with popover:
        st.caption(f"{caption} :material/cloud: needs real GPT-2.")
        for number, example in enumerate(examples):
            why = " Needs real GPT-2: these words are rare in the small model’s training data." if example.real else ""
            st.button(
                literal(example.name),
                key=f"{key}_{number}",
                help=why or None if cover.covered() else literal(example.caption + why),  # a caption tells the result
                on_click=_use,
                args=(key, use, model, example.name),
                icon=":material/cloud:" if example.real else None,
                width="stretch",
            )


def _use(key: str, use: Callable[[str, str], None], model: str, name: str) -> None:
    st.session_state[key] = False
    use(model, name)


def say_model(examples: Iterable[Example], text: str, entry: ModelEntry) -> None:
    """Where `text` is that of an example which needs real GPT-2, and the bundled model runs it, say so."""
    if entry.source == "bundled" and any(example.real and example.text == text for example in examples):
        st.caption(
            ":material/cloud: This example makes its point with real GPT-2; here the small bundled model runs it. "
            "Choose gpt2 as the model in the sidebar."
        )
