"""Tokens that the model never saw in training, badged: its numbers for them mean little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.errors import ModelDamagedError
from pages.common.caches import cache
from pages.common.markdown import literal

if TYPE_CHECKING:
    from model_utils.tokens.batch import TokenBatch

# So many are named, the others counted.
NAMED = 8


def badges(model: str, batch: TokenBatch, sentence: int | None = None) -> None:
    """Badge the tokens of `sentence`, or of the whole batch, that `model` never saw; nothing where all are known."""
    from model_utils.models.seen_tokens import unseen_tokens

    try:
        seen = cache.seen_tokens(model)
    except ModelDamagedError as error:  # the model itself is sound
        st.warning(str(error))
        return
    if seen is None:
        return
    rows = batch.tokens if sentence is None else (batch.tokens[sentence],)
    unknown = unseen_tokens(seen, (token for row in rows for token in row))
    if not unknown:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="never_met"):
        st.caption(
            "Not in the training data, so the model can only guess at them:",
            width="content",
            help="These pieces do not occur in the books that this small model read: to it they are little but noise.",
        )
        for token in unknown[:NAMED]:
            st.badge(literal(f"{token.whole} {token.label}".strip()), color="orange")
        if len(unknown) > NAMED:
            st.caption(f"and {len(unknown) - NAMED} more", width="content")
