"""Receptive fields on the Masks page: what one word can read directly, through layers, never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.masks.patterns import PATTERNS, filled
from model_utils.tokens.glyphs import spoken
from pages.common import downloads, frame
from pages.common.caches import cache_masks
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page


def receptive_field(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw what reaches the chosen word as a strip of words, and all words as a matrix; a click chooses another word."""
    after = cache_masks.receptive_field(page.key(batch.side), spec)  # (T, T)
    first, tokens = batch.first(spec.sentence), batch.tokens[spec.sentence]
    real = after[first : first + len(tokens), first : first + len(tokens)]  # (N, N)
    key = f"_reach_{batch.texts[spec.sentence]}"
    labels = [token.label for token in tokens]
    row = st.session_state.get(key, len(tokens) - 1)
    _strip(real, labels, row, key)
    st.markdown(
        "Each row is a word that reads. 1: it reads the column's word directly; 2: through one other word, and so on; 0: itself."
    )
    picture, words = st.columns([620, 290], gap="medium", vertical_alignment="center")
    with words:
        _say(real[row], labels[row], spec, page.loaded().layers)
    with picture:
        _matrix(real, labels, row)
    downloads.bar("reach", numbers=lambda: _numbers(real, labels), code=lambda: _code(spec, page, batch))


def _strip(after: NDArray[np.int16], labels: list[str], row: int, chosen: str) -> None:
    """Draw the words with when each reaches `row`; `chosen` is where the session keeps which one was clicked."""
    from viz.masks.receptive_field import after_layers, colours

    palette, most = frame.palette(), max(int(after.max()), 1)
    tokens = []
    for index, (label, layers) in enumerate(zip(labels, after[row].tolist(), strict=True)):
        ground, ink = colours(layers, most, palette) if layers >= 0 else ("", "")
        tokens.append(
            StripToken(
                text=label,
                note=after_layers(layers).replace("after ", ""),
                state="quiet" if layers < 0 else "plain",
                background=ground,
                colour=ink,
                selected=index == row,
                title="click to see what reaches this word",
                spoken=f"{spoken(label)}: reached {after_layers(layers)}. What is it reached by?",
            )
        )
    tokens_strip(
        tokens,
        key="reach_words",
        label="What the chosen word is reached by",
        palette=palette,
        on_click=lambda at: st.session_state.update({chosen: at}),
    )


def _say(after: NDArray[np.int16], label: str, spec: MaskSpec, layers: int) -> None:
    """Say how many words reach the chosen one, and how."""
    direct, through, never = int((after == 1).sum()), int((after > 1).sum()), int((after < 0).sum())
    st.text(f"“{label}” reads {_counted(direct)} directly.")
    if through:
        st.text(
            f"{_counted(through)} more {'reaches' if through == 1 else 'reach'} it through the words that it reads."
        )
    if never:
        st.text(f"{_counted(never)} can never reach it.")
    note = filled(PATTERNS[spec.pattern].layers_note, width=spec.width, first=spec.first)
    if note and through:
        st.markdown(
            f"{note}, and this model has {layers} layers. A word that is never reached cannot change anything here."
        )
    elif never:
        st.markdown("What is never reached cannot change this word’s prediction, whatever stands there.")
    st.caption("Click a word to see what it is reached by.")


def _counted(number: int) -> str:
    return f"{number} word" if number == 1 else f"{number} words"


def _matrix(after: NDArray[np.int16], labels: list[str], row: int) -> None:
    from viz.masks.receptive_field import receptive_field

    figure = receptive_field(after, labels=labels, palette=frame.palette(), row=row)
    plot(figure, "reach", alt="After how many layers each word reaches each row")


def _numbers(after: NDArray[np.int16], labels: list[str]) -> pd.DataFrame:
    import pandas as pd

    N = len(labels)
    rows = [(q, labels[q], k, labels[k], int(after[q, k])) for q in range(N) for k in range(N)]
    return pd.DataFrame(rows, columns=["query", "query_token", "key", "key_token", "layers_or_minus_1_never"])


def _code(spec: MaskSpec, page: Page, batch: TokenBatch) -> str:
    from model_utils.snippets.masks import receptive_field_code

    return receptive_field_code(page.entry, batch.texts, spec, side=batch.side)
