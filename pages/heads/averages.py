"""Many heads as one picture: the mean of a layer, of all heads, or attention rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from pages.common import controls, downloads, frame
from pages.common.components.plot import plot
from pages.heads import cache
from pages.heads.downloads import all_heads_code
from pages.heads.first_screen import HeadSelection

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {"layer": "layer", "all": "all heads", "rollout": "rollout"}


def averages(selection: HeadSelection) -> None:
    """Draw the mean of a layer's heads, of all heads, or attention rollout, as one matrix."""
    from model_utils.masks.mask import CAUSE_CODE
    from viz.heads.head import with_empty_rows

    which, what = st.columns([2, 1], vertical_alignment="bottom")
    with which:
        kind = controls.choice("mean", KINDS, show_label=False)
    last = selection.page.entry.layers - 1
    layer = int(
        what.number_input(
            "Layer",
            0,
            last,
            min(selection.head[0], last),
            key="mean_layer",
            disabled=kind == "all",
            help="The mean is over the heads of this layer. Rollout goes from layer 0 up to it.",
        )
    )
    maps = selection.maps
    values = cache.many_as_one(*selection.source, kind, layer)
    sentence = {
        "layer": f"**The mean of the heads of layer {layer}:** what the layer reads on the whole; single heads differ.",
        "all": "**The mean of all heads of all layers:** a rough picture, in which opposites cancel.",
        "rollout": f"**Attention rollout up to layer {layer}** (Abnar and Zuidema 2020): an estimate of how much of "
        "each word has come to each row, as if a layer kept half of what a row held and read the other half by its heads' "
        "mean weights.",
    }[kind]
    causes = {name: maps.cause == code for name, code in CAUSE_CODE.items()}
    blocked = np.any(list(causes.values()), axis=0)
    labels = selection.batch.labels(selection.sentence)
    figure = with_empty_rows(values, labels=labels, causes=causes, palette=frame.palette())
    plot(figure, "together", alt=sentence)
    st.markdown(sentence)
    downloads.bar(
        "together",
        numbers=lambda: _cells(values, blocked),
        code=lambda: all_heads_code(selection, "together", layer=layer),
    )


def _cells(values: NDArray[np.float32], blocked: NDArray[np.bool_]) -> pd.DataFrame:
    """Return one line per cell: query, key, value, and whether the mask blocks it."""
    query, key = (index.ravel() for index in np.indices(values.shape))
    return pd.DataFrame({"query": query, "key": key, "value": values.ravel(), "blocked": blocked.ravel()})
