"""The open head on every sentence of the batch, pads and all, on one scale; a click opens a sentence above."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from model_utils.limits import MAX_ATTENTION_MB
from model_utils.tokens.batch import sentence_label
from pages.common import controls, downloads, frame
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.heads import cache

if TYPE_CHECKING:
    from model_utils.models.forward import AttentionMaps
    from pages.heads.first_screen import HeadSelection
    from viz.base.matrix import Numbers

# Figures beside each other, and the px of each on a screen of 1,400 and on a smaller one.
COLUMNS, WIDTH, LEAST = 2, 430, 360


def draw(selection: HeadSelection) -> None:
    """Draw the open head on each sentence; a batch too large for one pass is computed when asked for."""
    from viz.base.matrix import small_numbers

    batch, size = selection.batch, cache.attention_size(selection.key)
    if size > MAX_ATTENTION_MB and not st.button(
        f"Compute all {batch.size[0]} sentences, one by one", key="all_sentences"
    ):
        st.caption(f"Their attention takes {size:,.0f} MB, more than the {MAX_ATTENTION_MB} MB of one pass.")
        return
    found = [_maps(selection, number) for number in range(batch.size[0])]
    numbers = small_numbers(
        [
            (np.where(maps.cause > 0, np.nan, maps.weights[selection.head]), batch.labels(number))
            for number, maps in enumerate(found)
        ],
        frame.palette(),
        WIDTH,
    )
    for start in range(0, len(found), COLUMNS):
        for place, number in zip(st.columns(COLUMNS), range(start, min(start + COLUMNS, len(found))), strict=False):
            with place:
                _one(selection, found[number], number, numbers)
    st.caption("Colours mean the same weight in every picture. Click one to open its sentence above.")
    downloads.bar("batch_heads", numbers=lambda: _numbers(selection, found), code=None)


def _maps(selection: HeadSelection, number: int) -> AttentionMaps:
    """Return the maps of a sentence; what is hidden by hand is hidden in its own sentence alone."""
    own = number == selection.sentence
    spec = selection.spec if own else replace(selection.spec, weights=(), cells=frozenset())
    return cache.attention(selection.key, number, spec)


def _one(selection: HeadSelection, maps: AttentionMaps, number: int, numbers: Numbers) -> None:
    from viz.base.matrix import weight_look
    from viz.heads.head import with_empty_rows

    title = sentence_label(selection.batch.texts[number])
    st.markdown(f"**{literal(title)}**" if number == selection.sentence else literal(title))
    figure = with_empty_rows(
        maps.weights[selection.head].astype(np.float32),
        labels=selection.batch.labels(number),
        causes=maps.causes,
        palette=frame.palette(),
        look=weight_look(frame.palette(), numbers=numbers),
        width=WIDTH,
    )
    plot(
        figure,
        f"sentence_{number}",
        least=LEAST,
        on_click=lambda *_: controls.change(sentence=number),
        alt=f"Layer {selection.head[0]}, head {selection.head[1]} on “{title}”: rows read columns.",
        of=selection.batch.texts[number],
    )


def _numbers(selection: HeadSelection, found: list[AttentionMaps]) -> pd.DataFrame:
    """Return one line per cell of every sentence: sentence, query, key, weight, and whether the mask blocks it."""
    tables = []
    for number, maps in enumerate(found):
        query, key = (index.ravel() for index in np.indices(maps.cause.shape))
        weight, blocked = maps.weights[selection.head].ravel(), (maps.cause > 0).ravel()
        tables.append(
            pd.DataFrame({"sentence": number, "query": query, "key": key, "weight": weight, "blocked": blocked})
        )
    return pd.concat(tables, ignore_index=True)
