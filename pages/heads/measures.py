"""The measures of all heads on one text: a table that sorts, and one measure as a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.common import downloads, frame
from pages.common.components.plot import plot
from pages.heads import cache
from pages.heads.downloads import all_heads_code
from pages.heads.first_screen import HeadSelection, open_head

# What the columns are called, and what they mean.
TITLES = {
    "previous": ("previous token", "the share of the weight on the previous token"),
    "first": ("first token", "the share of the weight on the first token"),
    "itself": ("itself", "the share of the weight on the token itself"),
    "same": (
        "same token",
        "the share of the weight on earlier copies of the reading token, over the rows that have one",
    ),
    "induction": ("induction", "the share of the weight on what followed an earlier copy, over the rows that have one"),
    "entropy_bits": (
        "entropy (bits)",
        "the entropy of a row's weights in bits: 0 where one token has all, log₂ n where n tokens share it equally",
    ),
    "distance_tokens": ("distance (tokens)", "how many tokens away a row reads, on average"),
    "leak": ("later tokens", "the share of the weight on tokens that come later"),
}
SHARES = ("previous", "first", "itself", "same", "induction", "leak")
ACROSS = 680  # px that all measures have beside each other on a screen of 1,280


def measures(selection: HeadSelection) -> None:
    """Draw every head's measures as a table that sorts by a click; choosing a row opens that head."""
    from model_utils.heads.measures import MEASURES, counted_in_words
    from model_utils.heads.tables import measures_table

    found = cache.measures(*selection.source)
    if found is None:
        st.markdown("**One token has nothing before it to read:** choose a longer sentence.")
        return
    frame_ = measures_table(found)
    known = [name for name in MEASURES if frame_[name].notna().any()]
    if not frame_["leak"].any():  # under a causal mask
        known.remove("leak")
    shares = [name for name in known if name in SHARES]
    st.dataframe(
        frame_[["layer", "head", *known]].assign(**{name: frame_[name] * 100 for name in shares}),
        key="table_heads",
        hide_index=True,
        height=420,
        on_select=lambda: _open_row(frame_),
        selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(width=60),
            "head": st.column_config.NumberColumn(width=60),
            **{name: _column(name, frame_[name], ACROSS // len(known)) for name in known},
        },
    )
    st.caption("A click on a title sorts, the box at the left of a row opens that head.")
    with st.popover("What each measures", icon=":material/info:", key="definitions"):
        st.markdown(f"Averages over {counted_in_words(found.from_row)}.")
        for name in known:
            st.markdown("**{}**: {}.".format(*TITLES[name]))
    _map(selection, found, known)
    downloads.bar("measures", numbers=lambda: frame_, code=lambda: all_heads_code(selection, "measures"))


def _map(selection: HeadSelection, found: Any, known: list[str]) -> None:
    """Draw one of the measures that are `known` of all heads as a map, layers down and heads across."""
    from viz.heads.gallery import measure_map

    titles = {TITLES[name][0]: name for name in known}
    chosen = str(st.selectbox("As a map", list(titles), key="measure_map", width=260))
    name = titles[chosen]
    figure = measure_map(
        getattr(found, name), title=chosen, share=name in SHARES, opened=selection.head, palette=frame.palette()
    )
    plot(figure, "measure_map", alt=f"{chosen} of every head, layers down, heads across.")


def _column(name: str, values: pd.Series, width: int) -> Any:
    title, meaning = TITLES[name]
    if name in SHARES:
        return st.column_config.ProgressColumn(
            title, width=width, help=meaning, format="%.0f %%", min_value=0.0, max_value=100.0
        )
    top = float(np.nanmax(values)) if values.notna().any() else 1.0
    return st.column_config.ProgressColumn(
        title, width=width, help=meaning, format="%.1f", min_value=0.0, max_value=max(top, 0.1)
    )


def _open_row(table: pd.DataFrame) -> None:
    rows = st.session_state["table_heads"].selection.rows
    if rows:
        open_head(int(table.layer.iloc[rows[0]]), int(table["head"].iloc[rows[0]]))
