"""The matrices of one head on the Mechanics page: scores, masked scores, weights, one cell, and all without the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from pages.common import controls, downloads, frame
from pages.common.caches import cache_shared
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.mechanics.first_screen import code

# px of a matrix of few tokens, of which two then stand side by side on a screen of 1,280 as well.
NARROWEST = 400

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.mechanics.first_screen import CellSelection
    from viz.base.figure import Figure


def matrices(selection: CellSelection) -> None:
    """Draw scores, masked scores and weights with the row lit, and how the chosen cell comes about."""
    from viz.mechanics.matrices import scores as draw_scores
    from viz.mechanics.matrices import weights as draw_weights

    rows, palette, trace = controls.choice("rows"), frame.palette(), selection.trace
    shared: dict[str, Any] = {
        "labels": selection.labels,
        "rows": rows,
        "palette": palette,
        "lit": (selection.query, selection.key),
    }
    draws: dict[str, Callable[[], Figure]] = {
        "scores": lambda: draw_scores(
            trace.scores, causes={cause: cells & False for cause, cells in selection.causes.items()}, **shared
        ),
        "masked": lambda: draw_scores(
            trace.scores, causes=selection.causes, held=trace.under(selection.fill)[0], **shared
        ),
        "weights": lambda: draw_weights(trace.under(selection.fill)[1], causes=selection.causes, **shared),
    }
    captions = {
        "scores": f"**Scores** of every pair, later words{' and pads' if selection.causes['padding'].any() else ''} too.",
        "masked": "**Plus the mask**: a blocked cell loses its score.",
        "weights": f"**Weights**: each {'row' if rows == 'queries' else 'column'} of words adds up to 1.{_empty_rows(selection)}",
    }
    places = [*st.columns(2), *st.columns(2)]
    for place, (name, draw) in zip(places, draws.items(), strict=False):
        with place:
            st.markdown(captions[name])
            _clickable(selection, name, cache_shared.figure((name, *selection.shown, rows, palette), draw))
    with places[-1]:
        chosen_cell(selection)
    downloads.bar("matrices", numbers=lambda: _cells(selection), code=lambda: code(selection))


def _empty_rows(selection: CellSelection) -> str:
    """Return what the picture leaves out of rows that may read nothing, as a further sentence; nothing where there are none."""
    empty = selection.trace.empty_rows
    if not empty.any():
        return ""
    rows = "Rows that are blocked throughout" if (empty & selection.trace.real).any() else "Pad rows"
    return f" {rows} may read nothing; their weights are under “Fill values”."


def _pad_rows(selection: CellSelection) -> str:
    """Return what the rows of pads are beside those of words, as a further sentence; nothing where there are no pads."""
    return " The rows of pads mean nothing in either." if (~selection.trace.real).any() else ""


def _cells(selection: CellSelection) -> pd.DataFrame:
    """Return every cell of the head, one per line: query, key, score, masked score, weight, and why it is blocked."""
    from model_utils.masks.mask import CAUSES

    T = len(selection.labels)
    query, key = (index.ravel() for index in np.indices((T, T)))
    masked, weights = selection.trace.under(selection.fill)
    return pd.DataFrame(
        {
            "query": query,
            "query_token": np.asarray(selection.labels, dtype=object)[query],
            "key": key,
            "key_token": np.asarray(selection.labels, dtype=object)[key],
            "score": selection.trace.scores.ravel(),
            "masked": masked.ravel(),
            "weight": weights.ravel(),
            "blocked_by": np.asarray(["", *CAUSES], dtype=object)[selection.trace.cause.ravel()],
        }
    )


def _clickable(selection: CellSelection, name: str, figure: Figure) -> None:
    """Draw one matrix; a click on a cell of two words chooses it."""
    from viz.base.axes import FEW

    count, first = len(selection.batch.tokens[selection.spec.sentence]), selection.batch.first(selection.spec.sentence)

    def choose(row: int, column: int) -> None:
        """Choose the clicked cell; pads have no number, so a click on one chooses nothing."""
        at = (column, row) if controls.value("rows") == "keys" else (row, column)
        query, key = (place - first for place in at)
        if 0 <= query < count and 0 <= key < count:
            controls.change(query=query, key=key)

    plot(
        figure,
        name,
        least=NARROWEST if len(selection.labels) <= FEW else None,
        on_click=choose,
        alt=f"{name} of layer {selection.layer}, head {selection.head}; the row of “{selection.names[0]}” is lit.",
    )


def chosen_cell(selection: CellSelection) -> None:
    """Draw the chain of numbers of the chosen cell."""
    from model_utils.mechanics.trace import cell_of
    from viz.mechanics.cell import chain

    query, key = selection.names
    st.markdown(f"**The framed cell:** how much “{literal(query)}” takes from “{literal(key)}”. Click another one.")
    controls.item("key", [token.label for token in selection.batch.tokens[selection.spec.sentence]])
    palette = frame.palette()

    def draw() -> Figure:
        cell = cell_of(selection.trace, selection.query, selection.key, selection.fill)
        return chain(cell.products, steps=_steps(selection), palette=palette)

    figure = cache_shared.figure(("cell", *selection.shown, palette), draw)
    plot(figure, "cell", alt=f"How the weight of “{key}” for “{query}” comes about.")


def _steps(selection: CellSelection) -> list[tuple[str, float]]:
    """Return the steps of the chosen cell: what is done, and the number that it gives."""
    from model_utils.mechanics.trace import cell_of
    from viz.base.text import signed

    cell = cell_of(selection.trace, selection.query, selection.key, selection.fill)
    return [
        (f"q·k, the sum of {selection.trace.width} products", cell.dot),
        (f"divided by {selection.trace.divisor_name or 1}", cell.score),
        (f"plus the mask, {signed(cell.bias)}", cell.masked),
        (f"exp(score − {_in_brackets(signed(cell.largest, 3))}), the row's largest", cell.exp),
        (f"divided by {signed(cell.total, 3)}, the row's sum", cell.weight),
    ]


def _in_brackets(number: str) -> str:
    """Return a number as it is written behind a minus."""
    return f"({number})" if number.startswith("−") else number


def without_mask(selection: CellSelection) -> None:
    """Draw self-attention beside masked self-attention: the same scores of the same pass."""
    from model_utils.mechanics.trace import share_on, unmasked
    from model_utils.snippets.wrong_masks import without_code
    from viz.mechanics.matrices import weights as draw_weights

    rows = controls.choice("rows")
    free, trace = unmasked(selection.trace), selection.trace
    shared: dict[str, Any] = {"labels": selection.labels, "rows": rows, "palette": frame.palette()}
    pads = {"padding": trace.causes["padding"]}
    lit = (selection.query, selection.key)
    left, right = st.columns(2)
    later = trace.causes["causal"] & ~trace.causes["padding"]
    with left:
        st.markdown("**Self-attention:** every word reads every word.")
        _clickable(selection, "unmasked", draw_weights(free, causes=pads, lit=lit, **shared))
    with right:
        masked = trace.under(selection.fill)[1]
        st.markdown("**Masked self-attention:** the same scores.")
        _clickable(selection, "weights", draw_weights(masked, causes=selection.causes, lit=lit, **shared))

    st.markdown(
        f"Without the {'causal mask, pads still hidden' if trace.causes['padding'].any() else 'mask'}, "
        f"**{percent(share_on(free, later, trace.real))} of this head's weight** would come from words that are not written yet. "
        f"(These weights were never trained to read ahead: this is not BERT.){_pad_rows(selection)}"
    )
    downloads.bar(
        "without_mask",
        numbers=lambda: _cells(selection).assign(weight_without_mask=free.ravel()),
        code=lambda: without_code(*selection.described, **selection.place),
    )
