"""The mask's way into the model: the shapes and the numbers of each step, for the batch on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.limits import TABLE_WINDOW
from pages.common import controls, frame
from pages.common.caches import cache_masks
from pages.common.components.plot import plot
from pages.common.markdown import literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_utils.masks.broadcasting import BroadcastStep
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page

# The step that writes the fill value.
ADDED = 3


def shapes(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw one step, chosen by its name and shape: its line of code, its shape, its numbers. The page names the part."""
    from model_utils.masks import broadcasting

    mask = cache_masks.mask(page.key(batch.side), spec)
    fill = controls.value("fill")
    found = broadcasting.broadcast_steps(mask, fill=fill)
    names = [f"{number}. {step.name} {step.shape}" for number, step in enumerate(found, start=1)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        at = st.segmented_control(
            "Step, with its shape",
            range(len(found)),
            format_func=names.__getitem__,
            default=0,
            required=True,
            key="mask_stage",
        )
        if at == ADDED:
            controls.choice("fill")
    step = found[int(at or 0)]
    st.code(step.code, language="python")
    _draw(step, spec, batch)
    st.markdown(step.caption)
    if at == ADDED and st.session_state.get("fill", "min") != "min":
        st.caption("The fill value changes these numbers alone: all else on this page runs with `min`.")


def _draw(step: BroadcastStep, spec: MaskSpec, batch: TokenBatch) -> None:
    from model_utils.masks.broadcasting import number
    from model_utils.tokens.batch import sentence_label
    from viz.base.text import shorten
    from viz.masks.broadcasting import grid, width

    values: NDArray[np.float32] = step.values
    columns = list(batch.labels(spec.sentence))
    if values.ndim == 4 and values.shape[2] > 1:
        values, rows = values[spec.sentence, 0], columns
        st.caption(
            f"The sentence chosen above, one of {batch.size[0]}: “{literal(sentence_label(batch.texts[spec.sentence]))}”."
        )
    else:
        values = values.reshape(batch.size)
        columns = [str(column) for column in range(batch.size[1])]
        rows = [shorten(sentence_label(text, len(text) + 1), 13) for text in batch.texts]
    if values.shape[1] > TABLE_WINDOW:
        st.caption(f"The first {TABLE_WINDOW} of {values.shape[1]} columns.")
    values = values[:TABLE_WINDOW, :TABLE_WINDOW]
    columns, rows = columns[:TABLE_WINDOW], rows[:TABLE_WINDOW]
    additive = step.values.min() < 0
    plot(
        grid(
            values,
            texts=[[number(float(value)) for value in line] for line in values],
            blocked=values < -1e3 if additive else values == 0,
            columns=columns,
            rows=rows,
            palette=frame.palette(),
        ),
        "stage",
        least=width(len(columns)),
        alt=f"The numbers of a mask of shape {step.shape}",
    )
