"""What the Heads page shows below the open head: all heads measured, heads found by a cell, many heads as one picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.common import controls, downloads, frame
from pages.common.components.scroll import scroll_frame
from pages.common.markdown import literal
from pages.heads import beside, cache, gallery, lines
from pages.heads.first_screen import View, open_head

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What the columns are called, and what they mean.
TITLES = {
    "previous": ("previous", "share of the mix from the token before"),
    "first": ("first", "share from the first token"),
    "itself": ("itself", "share from the token itself"),
    "same": ("same token", "share from earlier copies of the reading token, over the rows that have one"),
    "induction": ("induction", "share from what followed an earlier copy, over the rows that have one"),
    "entropy_bits": ("bits", "entropy of a row: how widely a head reads"),
    "distance_tokens": ("looks back", "how many tokens away a row reads, on average"),
    "leak": ("leak", "share from words that come later: 0 under a causal mask"),
}
SHARES = ("previous", "first", "itself", "same", "induction", "leak")
# Tokens above which hiding one takes long, so that a button asks first.
ASK_ABOVE = 256


def draw(view: View) -> None:
    """Draw the part that is chosen, and nothing of the others."""
    part = controls.choice("closer", controls.CONTROLS["closer"].options, on=st.pills)
    parts = {
        "nothing": lambda _: None,
        "measures": measures,
        "side by side": gallery.draw,
        "lines": lines.lines,
        "beside another": beside.draw,
        "first column": lines.first_column,
        "find": find,
        "many as one": together,
    }
    with frame.reader_errors():
        parts[part](view)


def measures(view: View) -> None:
    """Draw every head's measures as a table that sorts by a click; choosing a row opens that head."""
    from model_utils.heads.measures import MEASURES, table

    found = cache.measures(*view.source)
    if found is None:
        st.markdown("**One token has nothing before it to read:** choose a longer sentence.")
        return
    frame_ = table(found)
    st.dataframe(
        frame_,
        key="table_heads",
        hide_index=True,
        height=420,
        on_select=lambda: _open_row(frame_),
        selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(width="small"),
            "head": st.column_config.NumberColumn(width="small"),
            **{name: _column(name, frame_[name]) for name in MEASURES},
        },
    )
    st.caption(
        "Shares of the mix on this text, on average over its rows. A click on a title sorts; the box at the left of a row "
        "opens that head. Empty: nothing in this text comes again."
    )
    _map(view, found)
    downloads.bar("measures", numbers=lambda: frame_, code=lambda: _code(view, "measures"))


def _map(view: View, found: Any) -> None:
    """Draw one measure of all heads as a map, layers down and heads across."""
    from viz.heads.gallery import measure_map

    titles = {title: name for name, (title, _) in TITLES.items()}
    chosen = str(st.selectbox("As a map", list(titles), key="measure_map", width=260))
    name = titles[chosen]
    figure = measure_map(
        getattr(found, name), title=chosen, share=name in SHARES, opened=view.head, palette=frame.palette()
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="fig_measure_map",
        width="content",
        config=downloads.chart_config("measure-map"),
        alt=f"{chosen} of every head, layers down, heads across.",
    )


def _column(name: str, values: pd.Series) -> Any:
    title, meaning = TITLES[name]
    if name in SHARES:
        return st.column_config.ProgressColumn(title, help=meaning, format="percent", min_value=0.0, max_value=1.0)
    top = float(np.nanmax(values)) if values.notna().any() else 1.0
    return st.column_config.ProgressColumn(title, help=meaning, format="%.1f", min_value=0.0, max_value=max(top, 0.1))


def _open_row(table: pd.DataFrame) -> None:
    rows = st.session_state["table_heads"].selection.rows
    if rows:
        open_head(int(table.layer.iloc[rows[0]]), int(table["head"].iloc[rows[0]]))


def find(view: View) -> None:
    """Draw which heads read one token most from another, by weight and by what they add, and what hiding it does."""
    from model_utils.heads.search import find_heads

    tokens, first = view.batch.tokens[view.sentence], view.batch.first(view.sentence)
    columns = st.columns(2)
    for column, name in zip(columns, ("query", "key"), strict=True):
        with column:
            controls.number(name, high=len(tokens) - 1)
    query, key = (int(st.session_state[name]) % len(tokens) for name in ("query", "key"))
    names = [literal(tokens[place].label) for place in (query, key)]
    if key > query:
        st.markdown(f"**“{names[0]}” may not read “{names[1]}”:** it comes later. Choose an earlier word.")
        return
    maps, sizes = view.maps, cache.value_sizes(*view.source)
    ranked = {by: find_heads(maps, sizes, first + query, first + key, by=by) for by in ("weight", "contribution")}
    st.markdown(f"**Which head reads “{names[1]}” when “{names[0]}” is read?**")
    for column, (by, table), says in zip(
        st.columns(2), ranked.items(), ("by weight", "by weight times the size of what is handed on"), strict=True
    ):
        with column:
            st.caption(says)
            for place, line in enumerate(table.head(5).itertuples()):
                number = f"{line.weight:.0%}" if by == "weight" else f"{line.contribution:.2g}"
                st.button(
                    f"layer {line.layer}, head {line.head}: {number}",
                    key=f"found_{by}_{place}",
                    type="tertiary",
                    on_click=open_head,
                    args=(int(line.layer), int(line.head)),
                )
    _hidden(view, query, key, names)
    downloads.bar("find", numbers=lambda: ranked["weight"], code=lambda: _code(view, "find", query=query, key=key))


def _hidden(view: View, query: int, key: int, names: list[str]) -> None:
    """Say what hiding the key from the whole model does; on a long text a button asks first."""
    count = len(view.batch.tokens[view.sentence])
    if count > ASK_ABOVE and not st.button(f"Hide “{names[1]}” in the whole model (two passes)", key="hide_key"):
        return
    with st.spinner("Hiding one token from every row …"):
        done = cache.key_hidden(*view.source, query, key)

    def told(change: float) -> str:
        return "cannot be said: a row would read nothing" if np.isnan(change) else f"{change:.0%} of the chances"

    st.markdown(
        f"**Hide “{names[1]}” in the whole model:** what “{names[0]}” predicts moves: {told(done.at_query)}; the "
        f"sentence's next word: {told(done.at_end)}. That is the work of all heads and paths, not of one head."
    )


def together(view: View) -> None:
    """Draw the mean of a layer's heads, of all heads, or attention rollout, as one matrix."""
    from model_utils.masks.mask import CAUSE_CODE
    from viz.base.matrix import matrix

    which, what = st.columns([2, 1], vertical_alignment="bottom")
    with which:
        kind = controls.choice("mean", controls.CONTROLS["mean"].options, show_label=False)
    last = view.page.entry.layers - 1
    # Not the open head's layer: that one changes without a run of this part.
    layer = int(
        what.number_input("of layer, or up to it", 0, last, last, key="mean_layer", disabled=kind == "all heads")
    )
    maps = view.maps
    values = cache.many_as_one(*view.source, kind, layer)
    says = {
        "layer": f"**The mean of the heads of layer {layer}:** what the layer mixes on the whole; single heads differ.",
        "all heads": "**The mean of all heads of all layers:** a rough picture, in which opposites cancel.",
        "rollout": f"**Attention rollout up to layer {layer}** (Abnar and Zuidema 2020): how much of a word could have come "
        "along, if attention and the residual stream, half and half, were all that moves it.",
    }[kind]
    causes = {name: maps.cause == code for name, code in CAUSE_CODE.items()}
    blocked = np.any(list(causes.values()), axis=0)
    labels = view.batch.labels(view.sentence)
    figure = matrix(
        np.where(blocked, np.nan, values), labels=labels, causes=causes, palette=frame.palette(), name="weight"
    )
    with scroll_frame("together", int(figure.layout.width)):
        st.plotly_chart(
            figure, theme=None, key="fig_together", width="content", config=downloads.chart_config("together"), alt=says
        )
    st.markdown(says)
    downloads.bar(
        "together", numbers=lambda: _cells(values, blocked), code=lambda: _code(view, "together", layer=layer)
    )


def _code(view: View, part: Any, **asked: int) -> str:
    """Return the lines that print what one part says of all heads."""
    from model_utils.snippets.heads import many_code

    batch, spec = view.batch, replace(view.spec, sentence=view.sentence)
    return many_code(view.page.entry, batch.texts, spec, side=batch.side, part=part, **asked)


def _cells(values: NDArray[np.float32], blocked: NDArray[np.bool_]) -> pd.DataFrame:
    """Return one line per cell: query, key, value, and whether the mask blocks it."""
    query, key = (index.ravel() for index in np.indices(values.shape))
    return pd.DataFrame({"query": query, "key": key, "value": values.ravel(), "blocked": blocked.ravel()})
