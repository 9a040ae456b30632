"""The open head in two more ways: as lines between its tokens, and without its first column."""

from __future__ import annotations

import numpy as np
import streamlit as st

from formatting import percent
from pages.common import frame
from pages.common.components.plot import plot
from pages.heads.first_screen import HeadSelection


def lines(selection: HeadSelection) -> None:
    """Draw the open head as lines between its tokens."""
    from pages.common.components.lines import head_lines

    maps = selection.maps
    blocked = maps.cause > 0
    values = np.where(blocked, np.nan, maps.weights[selection.head].astype(np.float32))
    causes = {name: cells for name, cells in maps.causes.items() if cells.any()}
    name = "Layer {}, head {}".format(*selection.head)
    st.markdown(f"**{name}.** Point at a word: on the left what it reads, on the right who reads it.")
    head_lines(
        selection.batch.labels(selection.sentence),
        values,
        key="lines",
        palette=frame.palette(),
        label=name,
        causes=causes,
    )


def first_column(selection: HeadSelection) -> None:
    """Draw the open head without its first column, its colours stretched over what is left."""
    from model_utils.masks.mask import CAUSE_CODE
    from viz.heads.difference import without_first

    maps, first = selection.maps, selection.batch.first(selection.sentence)
    labels = selection.batch.labels(selection.sentence)
    if selection.batch.last(selection.sentence) == first:
        st.markdown("**One token is all that this sentence has:** without it nothing is left. Choose a longer one.")
        return
    causes = {name: maps.cause == code for name, code in CAUSE_CODE.items()}
    figure, top = without_first(
        maps.weights[selection.head], labels=labels, causes=causes, first=first, palette=frame.palette()
    )
    plot(figure, "sink", alt="The open head without its first column, colours rescaled.")
    habits = selection.all_heads[1]
    given = "" if habits is None else percent(float(habits.first[selection.head]))
    name = "**Layer {}, head {}".format(*selection.head)
    gives = f"{name} gives the first token {given} of its weight here.** " if given else ""
    st.markdown(
        f"{gives}That column is hidden from this picture and the colours run to {top:.2g} instead of 1: **the weights are what "
        "they were**, and do not add up to 1 without it."
    )
