"""The note on a sentence that ends in a space, wherever its next word is shown."""

from __future__ import annotations

import streamlit as st

from model_utils.tokens.batch import ends_in_space, sentence_label
from pages.common.markdown import literal


def say(text: str) -> None:
    """Say of a sentence that ends in white space that this spoils its next word; of any other nothing."""
    if ends_in_space(text):
        st.warning(
            f"“{literal(sentence_label(text))}” ends in white space, but GPT-2’s words begin with a space of their own: "
            "remove it under “Sentences”.",
            icon=":material/space_bar:",
        )
