"""Which heads read one token most from another, and what hiding that token does."""

from __future__ import annotations

import numpy as np
import streamlit as st

from formatting import percent
from pages.common import controls, downloads
from pages.common.markdown import literal
from pages.heads import cache
from pages.heads.downloads import all_heads_code
from pages.heads.first_screen import HeadSelection, open_head

# Tokens above which hiding one takes long, so that a button asks first.
ASK_ABOVE = 256


def search(selection: HeadSelection) -> None:
    """Draw which heads read one token most from another, by weight and by what they add, and what hiding it does."""
    from model_utils.heads.search import find_heads
    from model_utils.masks.explain import why

    tokens, first = selection.batch.tokens[selection.sentence], selection.batch.first(selection.sentence)
    with st.container(width=260):
        key = controls.item("key", [token.label for token in tokens])
    query = int(controls.value("query")) % len(tokens)
    names = [literal(tokens[place].label) for place in (query, key)]
    maps = selection.maps
    causes = [name for name, cells in maps.causes.items() if cells[first + query, first + key]]
    if causes:
        st.markdown(f"{why(f'“{names[0]}”', f'“{names[1]}”', causes, selection.spec)} Choose another word.")
        return
    sizes = cache.value_sizes(*selection.source)
    ranked = {by: find_heads(maps, sizes, first + query, first + key, by=by) for by in ("weight", "contribution")}
    st.markdown(f"**Which heads read “{names[1]}” most, in the row of “{names[0]}”?**")
    for column, (by, table) in zip(st.columns(2), ranked.items(), strict=True):
        with column:
            _say_order(by)
            for place, line in enumerate(table.head(5).to_dict("records")):
                number = percent(line["weight"]) if by == "weight" else f"length {line['contribution']:.2g}"
                st.button(
                    f"layer {line['layer']}, head {line['head']}: {number}",
                    key=f"found_{by}_{place}",
                    type="tertiary",
                    on_click=open_head,
                    args=(line["layer"], line["head"]),
                )
    _hidden(selection, query, key, names)
    downloads.bar(
        "find", numbers=lambda: ranked["weight"], code=lambda: all_heads_code(selection, "find", query=query, key=key)
    )


def _say_order(by: str) -> None:
    """Write what a list of heads is sorted by."""
    if by == "weight":
        st.caption("by attention weight")
    else:
        st.caption(
            "by the length of the vector that it adds",
            help="What a head adds to the reading token from the token that is read: that one's value vector times its weight, "
            "after the output projection.",
        )


def _hidden(selection: HeadSelection, query: int, key: int, names: list[str]) -> None:
    """Say what hiding the key from the whole model does; on a long text a button asks first."""
    count = len(selection.batch.tokens[selection.sentence])
    if count > ASK_ABOVE and not st.button(f"Hide “{names[1]}” in the whole model (two passes)", key="hide_key"):
        return
    with st.spinner("Hiding one token from every row …"):
        done = cache.key_hidden(*selection.source, query, key)

    def moved(change: float) -> str:
        return "cannot be said, a row would read nothing" if np.isnan(change) else f"changes by {percent(change)}"

    at_end = "" if query == count - 1 else f"; the sentence's next word {moved(done.at_end)}"
    st.markdown(
        f"**Hide “{names[1]}” in the whole model:** what “{names[0]}” predicts {moved(done.at_query)}{at_end}. That is the "
        "work of all heads and paths, not of one head."
    )
