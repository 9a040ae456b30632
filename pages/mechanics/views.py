"""What the Mechanics page shows on demand: matrices, the cell microscope, self-attention without the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from pages.common import controls, downloads, frame
from pages.common.components.scroll import scroll_frame
from pages.common.markdown import literal
from pages.common.mask_state import value
from pages.mechanics.first_screen import code

if TYPE_CHECKING:
    from pages.mechanics.first_screen import View


def matrices(view: View) -> None:
    """Draw scores, masked scores and weights with the row lit, and the chosen cell under the microscope."""
    from viz.mechanics import matrices as mechanics_matrices

    rows = controls.choice("rows", controls.CONTROLS["rows"].options)
    masked, weights = view.trace.under(view.fill)
    shared: dict[str, Any] = {"labels": view.labels, "rows": rows, "palette": frame.palette()}
    lit = (view.query, view.key)
    nothing = {cause: cells & False for cause, cells in view.causes.items()}
    pictures = {
        "fig_scores": mechanics_matrices.scores(view.trace.scores, causes=nothing, lit=lit, **shared),
        "fig_masked": mechanics_matrices.scores(view.trace.scores, causes=view.causes, held=masked, lit=lit, **shared),
        "fig_weights": mechanics_matrices.weights(weights, causes=view.causes, lit=lit, **shared),
    }
    says = {
        "fig_scores": "**Scores** of every pair, later words and pads too.",
        "fig_masked": "**Plus the mask**: a blocked cell keeps its place and loses its score.",
        "fig_weights": "**Weights**: each row of words adds up to 1.",
    }
    places = [*st.columns(2), *st.columns(2)]
    for place, (key, figure) in zip(places, pictures.items(), strict=False):
        with place:
            _clickable(view, key, figure)
            st.markdown(says[key])
    with places[-1]:
        microscope(view)
    downloads.bar("matrices", numbers=lambda: _cells(view), code=lambda: code(view))


def _cells(view: View) -> pd.DataFrame:
    """Return every cell of the head, one per line: query, key, score, masked score, weight, and why it is blocked."""
    from model_utils.masks.mask import CAUSES

    T = len(view.labels)
    query, key = (index.ravel() for index in np.indices((T, T)))
    masked, weights = view.trace.under(view.fill)
    return pd.DataFrame(
        {
            "query": query,
            "query_token": np.asarray(view.labels, dtype=object)[query],
            "key": key,
            "key_token": np.asarray(view.labels, dtype=object)[key],
            "score": view.trace.scores.ravel(),
            "masked": masked.ravel(),
            "weight": weights.ravel(),
            "blocked_by": np.asarray(["", *CAUSES], dtype=object)[view.trace.cause.ravel()],
        }
    )


def _clickable(view: View, key: str, figure: Any) -> None:
    """Draw one matrix; a click on a cell of two words puts it under the microscope."""
    count, first = len(view.batch.tokens[view.spec.sentence]), view.batch.first(view.spec.sentence)
    with scroll_frame(key, int(figure.layout.width)):
        st.plotly_chart(
            figure,
            theme=None,
            key=key,
            width="content",
            on_select=lambda: _open_cell(key, first, count),
            selection_mode="points",
            config=downloads.chart_config(key.removeprefix("fig_")),
            alt=f"{key.removeprefix('fig_')} of layer {view.layer}, head {view.head}; the row of “{view.names[0]}” is lit.",
        )


def _open_cell(figure: str, first: int, count: int) -> None:
    """Choose the clicked cell; pads have no number, so a click on one chooses nothing."""
    points = st.session_state[figure].selection.points
    if points:
        query, key = (int(column) - first for column in points[0]["customdata"])
        if 0 <= query < count and 0 <= key < count:
            st.session_state["query"], st.session_state["key"] = query, key


def microscope(view: View) -> None:
    """Draw the chain of numbers of the chosen cell."""
    from model_utils.mechanics.trace import cell_of
    from viz.mechanics.cell import chain

    cell = cell_of(view.trace, view.query, view.key, view.fill)
    query, key = view.names
    figure = chain(cell.products, steps=_steps(view), palette=frame.palette())
    st.plotly_chart(
        figure,
        theme=None,
        key="fig_cell",
        config=downloads.chart_config("cell"),
        alt=f"How the weight of “{key}” for “{query}” comes about.",
    )
    st.markdown(
        f"**One cell under the microscope:** how much “{literal(query)}” takes from “{literal(key)}”. Click another cell."
    )


def _steps(view: View) -> list[tuple[str, float]]:
    """Return the steps of the chosen cell: what is done, and the number that it gives."""
    from model_utils.mechanics.trace import cell_of
    from viz.base.text import signed

    cell = cell_of(view.trace, view.query, view.key, view.fill)
    return [
        (f"q·k, the sum of {view.trace.width} products", cell.dot),
        (f"divided by √{view.trace.width}", cell.score),
        (f"plus the mask, {signed(cell.bias)}", cell.masked),
        (f"exp, less the row's largest ({signed(cell.largest)})", cell.exp),
        (f"divided by the row's sum ({signed(cell.total)})", cell.weight),
    ]


def without_mask(view: View) -> None:
    """Draw self-attention beside masked self-attention: the same scores of the same pass."""
    from model_utils.mechanics.trace import share_on, unmasked
    from model_utils.snippets.wrong_masks import without_code
    from viz.mechanics import matrices as mechanics_matrices

    rows = controls.choice("rows", controls.CONTROLS["rows"].options)
    free, trace = unmasked(view.trace), view.trace
    shared: dict[str, Any] = {"labels": view.labels, "rows": rows, "palette": frame.palette()}
    pads = {"padding": trace.causes["padding"]}
    lit = (view.query, view.key)
    left, right = st.columns(2)
    later = trace.causes["causal"] & ~trace.causes["padding"]
    with left:
        _clickable(view, "fig_unmasked", mechanics_matrices.weights(free, causes=pads, lit=lit, **shared))
        st.markdown("**Self-attention:** every word reads every word.")
    with right:
        masked = trace.under(view.fill)[1]
        _clickable(view, "fig_weights", mechanics_matrices.weights(masked, causes=view.causes, lit=lit, **shared))
        st.markdown("**Masked self-attention:** the same scores, from the same pass.")
    st.markdown(
        f"Without the mask, **{percent(share_on(free, later, trace.real))} of this head's weight** would come from words that "
        "are not written yet. (These weights were never trained to read ahead: this is not BERT.)"
    )
    downloads.bar(
        "without_mask",
        numbers=lambda: _cells(view).assign(weight_without_mask=free.ravel()),
        code=lambda: without_code(*view.described, **view.place),
    )


def draw(view: View) -> None:
    """Draw the part that is chosen, and nothing of the others."""
    from pages.mechanics import token_loss, wrong_masks

    controls.choice("part", controls.CONTROLS["part"].options, show_label=False)
    parts = {
        "matrices": matrices,
        "without the mask": without_mask,
        "fill values": wrong_masks.fills,
        "wrong ways": wrong_masks.wrong_ways,
        "loss": token_loss.losses,
    }
    parts[value("part")](view)
