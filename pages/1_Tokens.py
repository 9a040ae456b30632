"""Tokens page: sentences in, the padded batch that GPT-2 reads out, and what goes wrong without mask or positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import cache, cover, frame, unseen_tokens
from pages.tokens import answers as tokens_answers
from pages.tokens import table

if TYPE_CHECKING:
    from model_utils.tokens.batch import BatchKey, TokenBatch

page = frame.open_page("Tokens", "Sentences become rows of numbers; short rows are padded until all are equally long.")


def padded(key: BatchKey, batch: TokenBatch) -> None:
    """Draw the padded table with what is said of it."""
    table.table(batch)
    table.say_what_is_shown(batch)
    unseen_tokens.badges(page.model, batch)
    table.take_home(page, key)


batch = None
with frame.reader_errors():
    key = table.controlled_key(page)
    batch = cache.token_batch(key)
    cover.answer(padded, key, batch)

# The runs of the model come last though they stand higher: what needs none is there at once.
answers = st.container()
if batch is not None:
    st.header("Why padding", anchor=False)
    cover.answer(table.why_padding, page.model, batch)
st.header("From bytes to tokens", anchor=False)
with frame.reader_errors():
    page.loaded()
    table.merges(page.model)

if batch is not None:
    with answers:
        st.header("The next word", anchor=False)
        with frame.reader_errors():
            cover.answer(tokens_answers.next_words, key, batch)
        st.header("Is the answer independent of the batch?", anchor=False)
        with frame.reader_errors():
            cover.answer(tokens_answers.independence, key, batch)
