"""What the Mechanics page shows: sentence and head by a list or a number, the row by a click on its word."""

from __future__ import annotations

import streamlit as st

from model_utils.tokens.glyphs import spoken
from pages.common import controls, frame, mask_state
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.controls import value
from pages.common.notes import unseen_tokens
from pages.mechanics.first_screen import CellSelection


def choose(page: frame.Page) -> CellSelection:
    """Draw the choice of sentence, head and fill value, and return what to show; `whose_row` draws that of the row."""
    loaded = page.loaded()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = mask_state.choose_sentence(page)
    spec = mask_state.safe_spec(batch)
    mask_state.in_force(spec.in_effect(), batch)
    unseen_tokens.badges(page.model, batch, spec.sentence)
    for column, (name, top) in zip(st.columns(2), {"layer": loaded.layers, "head": loaded.heads}.items(), strict=True):
        with column:
            controls.number(name, high=top - 1)
    controls.choice("fill")
    first, count = batch.first(spec.sentence), len(batch.tokens[spec.sentence])
    for name in ("query", "key"):
        controls.bound(name, count - 1)
    query, key = (first + int(value(name)) % count for name in ("query", "key"))
    return CellSelection(
        page=page, batch=batch, spec=spec, layer=value("layer"), head=value("head"), query=query, key=key
    )


def whose_row(selection: CellSelection) -> None:
    """Draw the sentence as words; a click makes a word the one whose row is shown."""
    batch, sentence = selection.batch, selection.spec.sentence
    count, chosen = len(batch.tokens[sentence]), selection.query - batch.first(sentence)
    tokens = [
        StripToken(
            text=token.label.replace("␣", "") or "␣",
            selected=index == chosen,
            title="show what this word reads",
            spoken=f"row of {spoken(token.label)}",
        )
        for index, token in enumerate(batch.tokens[sentence])
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="whose_row"):
        st.caption("Whose row? Click a token to see what it reads.", width="content")
        tokens_strip(
            tokens,
            key="row_words",
            label="Whose row is shown",
            palette=frame.palette(),
            # Counted from the end for the last word, so that it stays the last when the sentence changes.
            on_click=lambda at: controls.change(query=-1 if at == count - 1 else at),
        )
