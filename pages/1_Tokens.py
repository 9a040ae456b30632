"""Tokens page: sentences in, the padded batch that GPT-2 reads out, and what goes wrong without mask or positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import frame
from pages.common.caches import cache
from pages.common.lesson import cover
from pages.common.notes import unseen_tokens
from pages.tokens import table, views

if TYPE_CHECKING:
    from model_utils.tokens.batch import BatchKey, TokenBatch


def padded(page: frame.Page, key: BatchKey, batch: TokenBatch) -> None:
    """Draw the padded table with what is said of it."""
    table.table(key, batch)
    table.say_what_is_shown(batch)
    unseen_tokens.badges(page.model, batch)
    table.take_home(page, key)


with (
    frame.open_page(
        "Tokens", "Sentences become rows of numbers; short rows are padded until all are equally long."
    ) as page,
    frame.in_turn(page),
):
    key = batch = None
    side, pad, said = table.padding(page)
    with st.container(), frame.reader_errors():  # what comes and goes in it does not move the views below
        key = page.key(side, pad)
        page.loaded()
        with said:
            table.say_pad(page, pad)
        batch = cache.token_batch(key)
        cover.answer(padded, page, key, batch)
    views.draw(page, key, batch)
