"""One head beside another: another head, the run without the mask, another sentence or model, and their difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from model_utils.errors import InputError
from model_utils.heads.difference import difference
from model_utils.models.registry import registry
from pages.common import cache, controls, downloads, frame
from pages.common.components.scroll import scroll_frame
from pages.common.markdown import literal
from pages.heads import cache_attention
from pages.heads.first_screen import View

if TYPE_CHECKING:
    from model_utils.models.forward import AttentionMaps
    from model_utils.tokens.batch import TokenBatch

_NEXT = 1  # the other head at first: the page itself opens on head 0
HALF = 430  # px of each of the two maps on a screen of 1,400


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One of the two maps: its title, its head's weights and causes on the real tokens of a sentence, and their labels."""

    title: str
    weights: Any  # (T, T)
    cause: Any  # (T, T)
    labels: list[str]


def draw(view: View) -> None:
    """Draw the open head, the other, and the first less the other where both are of equally many tokens."""
    kind = controls.choice("beside", controls.CONTROLS["beside"].options, show_label=False)
    one = _side(_name(view), view.maps, view.batch, view.sentence, view.head)
    other = _OTHERS[kind](view)
    if other is None:
        return
    for column, side, key in zip(st.columns(2), (one, other), ("one", "other"), strict=True):
        with column:
            st.markdown(f"**{literal(side.title)}**")
            _map(side, key)
    try:
        found = difference(_shown(one), _shown(other))
    except InputError as error:
        st.info(f"{error} Both maps stand above.")
        return
    _difference(one, other, found)


def _side(title: str, maps: AttentionMaps, batch: TokenBatch, sentence: int, head: tuple[int, int]) -> Side:
    """Return one head on the real tokens of a sentence."""
    real = slice(batch.first(sentence), batch.last(sentence) + 1)
    return Side(
        title=title,
        weights=maps.weights[head][real, real].astype(np.float32),
        cause=maps.cause[real, real],
        labels=list(batch.labels(sentence))[real],
    )


def _name(view: View) -> str:
    return "Layer {}, head {}".format(*view.head)


def _another_head(view: View) -> Side:
    layers, heads = view.page.entry.layers - 1, view.page.entry.heads - 1
    with st.container(horizontal=True):
        layer = int(st.number_input("Other layer", 0, layers, 0, key="beside_layer", width=140))
        head = int(st.number_input("Other head", 0, heads, _NEXT if heads else 0, key="beside_head", width=140))
    return _side(f"Layer {layer}, head {head}", view.maps, view.batch, view.sentence, (layer, head))


def _without_mask(view: View) -> Side | None:
    from model_utils.masks.mask import MaskSpec

    if view.spec == MaskSpec():
        st.info(
            "The model runs under no mask but the causal one: hide a word or choose a pattern on Masks, or switch it on above."
        )
        return None
    maps = cache_attention.attention(*view.source[:4], MaskSpec())
    return _side(f"{_name(view)}, without the mask", maps, view.batch, view.sentence, view.head)


def _another_sentence(view: View) -> Side | None:
    count = view.batch.size[0]
    if count < 2:
        st.info("There is one sentence: write a second one in the sidebar.")
        return None
    default = (view.sentence + 1) % count
    number = int(st.number_input("Other sentence", 0, count - 1, default, key="beside_sentence", width=160))
    spec = view.spec if not (view.spec.pairs or view.spec.cells) else replace(view.spec, weights=(), cells=frozenset())
    maps = cache_attention.attention(*view.source[:3], number, spec)
    return _side(f"{_name(view)}, sentence {number}", maps, view.batch, number, view.head)


def _another_model(view: View) -> Side | None:
    """Return the same place of another model; where it has no such layer or head, its last stands in and the title says."""
    others = [name for name, entry in registry().items() if name != view.page.model and not entry.trouble]
    if not others:
        st.info("There is no other model on this server.")
        return None
    name = str(st.selectbox("Other model", others, key="beside_model", width=320))
    with st.spinner(f"Loading {name} …"):
        loaded = cache.loaded_model(name)
    head = min(view.head[0], loaded.layers - 1), min(view.head[1], loaded.heads - 1)
    maps = cache_attention.attention(name, *view.source[1:])
    batch = cache.token_batch(name, view.batch.texts, view.batch.side, view.batch.pad_id)
    return _side("{}: layer {}, head {}".format(name, *head), maps, batch, view.sentence, head)


_OTHERS = {
    "another head": _another_head,
    "without the mask": _without_mask,
    "another sentence": _another_sentence,
    "another model": _another_model,
}


def _shown(side: Side) -> Any:
    """Return the weights, 0 where a cell is blocked, NaN in rows that may read nothing."""
    shown = np.where(side.cause > 0, np.float32(0), side.weights)
    shown[(side.cause > 0).all(-1)] = np.nan
    return shown


def _causes(cause: Any) -> dict[str, Any]:
    from model_utils.masks.mask import CAUSE_CODE

    return {name: cause == code for name, code in CAUSE_CODE.items()}


def _map(side: Side, key: str) -> None:
    from viz.base.matrix import matrix

    values = np.where(side.cause > 0, np.nan, side.weights)
    figure = matrix(values, labels=side.labels, causes=_causes(side.cause), palette=frame.palette(), width=HALF)
    _chart(figure, f"beside_{key}", f"Attention weights: {side.title}")


def _chart(figure: Any, name: str, alt: str) -> None:
    with scroll_frame(name, int(figure.layout.width)):
        st.plotly_chart(
            figure, theme=None, key=f"fig_{name}", width="content", config=downloads.chart_config(name), alt=alt
        )


def _difference(one: Side, other: Side, found: Any) -> None:
    from viz.heads.difference import difference as draw_difference

    both = (one.cause > 0) & (other.cause > 0)
    values = np.where(both, np.nan, found.values)
    causes = {name: cells & both for name, cells in _causes(one.cause).items()}
    same = one.labels == other.labels
    labels = one.labels if same else [str(place) for place in range(len(one.labels))]
    st.markdown(f"**{literal(one.title)}, less {literal(other.title)}**")
    figure = draw_difference(values, limit=found.limit, labels=labels, causes=causes, palette=frame.palette())
    _chart(figure, "difference", "The difference of the two maps.")
    known = np.abs(values[~np.isnan(values)])
    moved = float(known.sum() / 2 / max((~np.isnan(values).all(-1)).sum(), 1))
    st.markdown(
        f"**On average {moved:.0%} of a row's mix goes elsewhere.** Orange: the first reads more of it; violet: the other does. "
        + ("" if same else "The words differ: rows and columns are places.")
    )
    downloads.bar("difference", numbers=lambda: _table(values, one.labels), code=None)


def _table(values: Any, labels: list[str]) -> pd.DataFrame:
    query, key = (index.ravel() for index in np.indices(values.shape))
    return pd.DataFrame(
        {
            "query": query,
            "key": key,
            "query_token": [labels[q] for q in query],
            "key_token": [labels[k] for k in key],
            "difference": values.ravel(),
        }
    )
