"""What the Mechanics page shows: sentence, head, row and cell, chosen by number or by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.tokens.glyphs import spoken
from pages.common import controls, frame, mask_state, unseen_tokens
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.controls import value
from pages.mechanics.first_screen import CellSelection

if TYPE_CHECKING:
    from model_utils.tokens.batch import TokenBatch


def choose(page: frame.Page) -> CellSelection:
    """Draw the choice of sentence, head, row and cell, and return what to show."""
    loaded = page.loaded()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = mask_state.choose_sentence(page)
    spec = mask_state.safe_spec(batch)
    _click_row(batch, spec.sentence)
    unseen_tokens.badges(page.model, batch, spec.sentence)
    columns = [*st.columns(2), *st.columns(2, vertical_alignment="bottom")]
    for column, (name, top) in zip(columns, {"layer": loaded.layers, "head": loaded.heads}.items(), strict=False):
        with column:
            controls.number(name, high=top - 1)
    first, labels, cell = batch.first(spec.sentence), [token.label for token in batch.tokens[spec.sentence]], []
    for column, name in zip(columns[2:], ("query", "key"), strict=True):
        with column:
            cell.append(first + controls.item(name, labels))
    controls.choice("fill")
    query, key = cell
    return CellSelection(
        page=page, batch=batch, spec=spec, layer=value("layer"), head=value("head"), query=query, key=key
    )


def _click_row(batch: TokenBatch, sentence: int) -> None:
    """Draw the sentence as words; a click makes a word the one whose row is shown."""
    count = len(batch.tokens[sentence])
    chosen = value("query") % count if value("query") < count else count - 1
    tokens = [
        StripToken(
            text=token.label.replace("␣", "") or "␣",
            selected=index == chosen,
            title="show what this word reads",
            spoken=f"row of {spoken(token.label)}",
        )
        for index, token in enumerate(batch.tokens[sentence])
    ]
    st.caption("Whose row? Click a word.")
    clicked = tokens_strip(tokens, key="row_words", label="Whose row is shown", palette=frame.palette())
    if clicked is not None and clicked < count and clicked != chosen:
        # Counted from the end for the last word, so that it stays the last when the sentence changes.
        controls.change(query=-1 if clicked == count - 1 else clicked)
        st.rerun(scope="fragment")
