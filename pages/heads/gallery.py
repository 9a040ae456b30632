"""Heads beside each other: a layer's, or those that do most of one thing, as large tiles; a click opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from pages.common import controls, downloads, frame
from pages.common.components.plot import plot
from pages.heads import cache
from pages.heads.first_screen import HeadSelection, open_head
from pages.heads.measures import TITLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.heads.measures import Measures

COLUMNS, MOST = 4, 12
# On a phone the tiles keep this width together, in px, and scroll.
NARROWEST = 800
# The heads of one layer in their places, or those that have most of a measure: its label and its name.
LAYER = "layer"
ORDERS = {
    LAYER: "a layer",
    "previous": "previous token",
    "first": "first token",
    "itself": "itself",
    "same": "same token",
    "induction": "induction",
    "entropy": "entropy (bits)",
    "distance": "distance (tokens)",
}
_MEASURES = {"entropy": "entropy_bits", "distance": "distance_tokens"}


def draw(selection: HeadSelection) -> None:
    """Draw the heads of one layer in their places, or the MOST that have most of a measure."""
    found = cache.measures(*selection.source)
    order = controls.choice("gallery", _orders(found), show_label=False)
    if order == LAYER:
        last = selection.page.entry.layers - 1
        layer = int(st.number_input("Layer", 0, last, min(selection.head[0], last), key="gallery_layer", width=160))
        heads = [(layer, head) for head in range(selection.page.entry.heads)]
        titles = [f"head {head}" for _, head in heads]
    elif found is None:
        st.markdown("**One token has nothing before it to read:** choose a longer sentence.")
        return
    else:
        heads, values = ranked(_measured(found, order))
        share = order not in _MEASURES
        titles = [
            f"{layer}·{head}  {percent(value)}" if share else f"{layer}·{head}  {value:.1f}"
            for (layer, head), value in zip(heads, values, strict=True)
        ]
    if not heads:
        st.info("Nothing in this text comes again, so that no head can be sorted by it.")
        return
    _tiles(selection, heads, titles)
    note = "A click opens a head above. Rows, columns and colours mean the same in every tile as above."
    st.caption(note if order == LAYER else f"Layer·head and {TITLES[_MEASURES.get(order, order)][1]}. {note}")
    lines = [{"layer": layer, "head": head, "title": title} for (layer, head), title in zip(heads, titles, strict=True)]
    downloads.bar("gallery", numbers=lambda: pd.DataFrame(lines), code=None)


def _orders(found: Measures | None) -> dict[str, str]:
    """Return the orders that this text has something to sort by, and the one that is asked for."""
    asked = controls.value("gallery")
    return {
        order: label
        for order, label in ORDERS.items()
        if order in (LAYER, asked) or found is None or not np.isnan(_measured(found, order)).all()
    }


def _measured(found: Measures, order: str) -> NDArray[Any]:
    """Return the measure `[L, H]` that an order sorts by."""
    return np.asarray(getattr(found, _MEASURES.get(order, order)))


def ranked(values: NDArray[Any]) -> tuple[list[tuple[int, int]], list[float]]:
    """Return the (layer, head) with the largest of `values[L, H]`, at most MOST, and the values; NaN left out."""
    order = np.argsort(-values, axis=None, kind="stable")[:MOST]
    at = [tuple(map(int, np.unravel_index(place, values.shape))) for place in order]
    known = [(head, float(values[head])) for head in at if not np.isnan(values[head])]
    return [head for head, _ in known], [value for _, value in known]  # type: ignore[misc]


def _tiles(selection: HeadSelection, heads: list[tuple[int, int]], titles: list[str]) -> None:
    from model_utils.heads.thumbnails import WEIGHT_CODE
    from model_utils.masks.mask import CAUSES
    from viz.heads.gallery import gallery

    thumbnails = selection.all_heads[0]
    pitch, side = thumbnails.pitch, thumbnails.pitch - thumbnails.gap
    pictures = [
        thumbnails.picture[layer * pitch : layer * pitch + side, head * pitch : head * pitch + side]
        for layer, head in heads
    ]
    figure = gallery(pictures, titles, columns=COLUMNS, weight_code=WEIGHT_CODE, causes=CAUSES, palette=frame.palette())

    def choose(row: int, column: int) -> None:
        place = row * COLUMNS + column
        if place < len(heads):
            open_head(*heads[place])

    plot(figure, "gallery", on_click=choose, least=NARROWEST, alt=f"{len(heads)} heads side by side.")
