"""One head beside another: another head, the run without the mask, another sentence or model, and their difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from formatting import percent
from model_utils.errors import InputError
from model_utils.heads.difference import difference
from model_utils.models.registry import registry
from model_utils.tokens.batch import sentence_label
from pages.common import controls, downloads, frame
from pages.common.caches import cache
from pages.common.components.plot import plot
from pages.common.markdown import literal
from pages.heads.cache import attention
from pages.heads.first_screen import HeadSelection

if TYPE_CHECKING:
    from model_utils.models.forward import AttentionMaps
    from model_utils.tokens.batch import TokenBatch
    from viz.base.matrix import Numbers

OTHERS = {
    "head": "another head",
    "mask": "without the mask",
    "sentence": "another sentence",
    "model": "another model",
}
MOST_NAMED = 3  # words that differ
HALF, LEAST = 430, 360  # px of each of the two maps on a screen of 1,400, and on a smaller one
BESIDE_WORDS = 460  # px of the difference on a screen of 1,280; on a larger one it grows


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One of the two maps: its title, its head's weights and causes on the real tokens of a sentence, and their labels."""

    title: str
    name: str  # in the sentence about both
    text: str
    weights: Any  # (T, T)
    cause: Any  # (T, T)
    labels: list[str]


def draw(selection: HeadSelection) -> None:
    """Draw the first head minus the other, which is what is asked, where both are of equally many tokens; then both."""
    from viz.base.matrix import small_numbers

    kind = controls.choice("beside", OTHERS, show_label=False)
    names = {"mask": "Under the mask", "sentence": _quoted(selection.batch, selection.sentence)}
    one = _side(
        _name(selection), selection.maps, selection.batch, selection.sentence, selection.head, names.get(kind, "")
    )
    other = _OTHER[kind](selection)
    if other is None:
        return
    try:
        found = difference(_shown(one), _shown(other))
    except InputError as error:
        st.info(f"{error} Both maps stand below.")
    else:
        _difference(one, other, found)
    numbers = small_numbers([(_visible(side), side.labels) for side in (one, other)], frame.palette(), HALF)
    for column, side, key in zip(st.columns(2), (one, other), ("one", "other"), strict=True):
        with column:
            st.markdown(f"**{literal(side.title)}**")
            _map(side, key, numbers)


def _side(
    title: str, maps: AttentionMaps, batch: TokenBatch, sentence: int, head: tuple[int, int], name: str = ""
) -> Side:
    """Return one head on the real tokens of a sentence; without a `name` it is called by its title."""
    real = slice(batch.first(sentence), batch.last(sentence) + 1)
    return Side(
        title=title,
        name=name or title,
        text=batch.texts[sentence],
        weights=maps.weights[head][real, real].astype(np.float32),
        cause=maps.cause[real, real],
        labels=list(batch.labels(sentence))[real],
    )


def _name(selection: HeadSelection) -> str:
    return "Layer {}, head {}".format(*selection.head)


def _another_head(selection: HeadSelection) -> Side:
    layers, heads = selection.page.entry.layers - 1, selection.page.entry.heads - 1
    first = 0 if selection.head == (0, 1) else min(1, heads)  # not the open head itself
    with st.container(horizontal=True):
        layer = int(st.number_input("Other layer", 0, layers, 0, key="beside_layer", width=140))
        head = int(st.number_input("Other head", 0, heads, first, key="beside_head", width=140))
    return _side(f"Layer {layer}, head {head}", selection.maps, selection.batch, selection.sentence, (layer, head))


def _without_mask(selection: HeadSelection) -> Side | None:
    from model_utils.masks.mask import MaskSpec

    if selection.spec == MaskSpec():
        if selection.rule == MaskSpec():
            st.info("Nothing is changed on Masks: hide a word or choose a pattern there.")
            frame.page_link("pages/2_Masks.py", "**Masks** →")
        else:
            st.info("What is changed on Masks is switched off here: switch it on above.")
        return None
    maps = attention(selection.key, selection.sentence, MaskSpec())
    title, name = f"{_name(selection)}, without the mask", "without the mask"
    return _side(title, maps, selection.batch, selection.sentence, selection.head, name)


def _another_sentence(selection: HeadSelection) -> Side | None:
    count, texts = selection.batch.size[0], selection.batch.texts
    if count < 2:
        st.info("There is one sentence: write a second one in the sidebar.")
        return None
    others = [(selection.sentence + n) % count for n in range(1, count)]  # the next one first
    names = controls.told_apart([sentence_label(text) for text in texts])
    number = int(
        st.selectbox("Other sentence", others, format_func=names.__getitem__, key="beside_sentence", width=420)
    )
    spec = (
        selection.spec
        if not (selection.spec.pairs or selection.spec.cells)
        else replace(selection.spec, weights=(), cells=frozenset())
    )
    maps = attention(selection.key, number, spec)
    name = _quoted(selection.batch, number)
    return _side(f"{_name(selection)}: {name}", maps, selection.batch, number, selection.head, name)


def _quoted(batch: TokenBatch, sentence: int) -> str:
    return f"“{sentence_label(batch.texts[sentence])}”"


def _another_model(selection: HeadSelection) -> Side | None:
    """Return the same place of another model; where it has no such layer or head, its last stands in and the title says."""
    others = [name for name, entry in registry().items() if name != selection.page.model and not entry.trouble]
    if not others:
        st.info("There is no other model on this server.")
        return None
    name = str(st.selectbox("Other model", others, key="beside_model", width=320))
    with st.spinner(f"Loading {name} …"):
        loaded = cache.loaded_model(name)
    head = min(selection.head[0], loaded.layers - 1), min(selection.head[1], loaded.heads - 1)
    key = replace(selection.key, model=name)
    maps, batch = attention(key, selection.sentence, selection.spec), cache.token_batch(key)
    return _side("{}: layer {}, head {}".format(name, *head), maps, batch, selection.sentence, head)


_OTHER = {"head": _another_head, "mask": _without_mask, "sentence": _another_sentence, "model": _another_model}


def _shown(side: Side) -> Any:
    """Return the weights, 0 where a cell is blocked, NaN in rows that may read nothing."""
    shown = np.where(side.cause > 0, np.float32(0), side.weights)
    shown[(side.cause > 0).all(-1)] = np.nan
    return shown


def _causes(cause: Any) -> dict[str, Any]:
    from model_utils.masks.mask import CAUSE_CODE

    return {name: cause == code for name, code in CAUSE_CODE.items()}


def _visible(side: Side) -> Any:
    """Return the weights, NaN where a cell is blocked."""
    return np.where(side.cause > 0, np.nan, side.weights)


def _map(side: Side, key: str, numbers: Numbers) -> None:
    from viz.base.matrix import weight_look
    from viz.heads.head import with_empty_rows

    look = weight_look(frame.palette(), numbers=numbers)
    figure = with_empty_rows(
        _visible(side), labels=side.labels, causes=_causes(side.cause), palette=frame.palette(), look=look, width=HALF
    )
    plot(figure, f"beside_{key}", least=LEAST, alt=f"Attention weights: {side.title}", of=side.text)


def _difference(one: Side, other: Side, found: Any) -> None:
    from model_utils.heads.measures import counted_in_words, first_counted
    from viz.heads.difference import difference as draw_difference

    both = (one.cause > 0) & (other.cause > 0)
    values = np.where(both, np.nan, found.values)
    causes = {name: cells & both for name, cells in _causes(one.cause).items()}
    asked = f"{one.name} minus {other.name}"
    colour = "blue" if st.context.theme.type == "dark" else "violet"  # of large weights
    start = first_counted(len(values))
    counted = values[start:]
    known = np.abs(counted[~np.isnan(counted)])
    moved = float(known.sum() / 2 / max((~np.isnan(counted).all(-1)).sum(), 1))
    with st.container(key="difference_shown"):
        words, picture = st.columns([1, 2.2])  # above the picture, the words would push its last row off the screen
        words.markdown(
            f"**{literal(asked)}.**\n\nAbove 0, orange: the first reads more; below 0, {colour}: the second"
            f"{_other_words(one.labels, other.labels)}."
        )
        words.markdown(
            f"**The two differ in {percent(moved)} of a row's weight.**",
            help=f"So much would have to move to turn one map into the other, averaged over {counted_in_words(start)}.",
        )
        with picture:
            figure = draw_difference(
                values,
                limit=found.limit,
                labels=one.labels,
                causes=causes,
                palette=frame.palette(),
                width=BESIDE_WORDS,
            )
            plot(figure, "difference", alt=f"{asked}.", of=one.text, grows=True)
    downloads.bar("difference", numbers=lambda: _table(values, one.labels), code=None)


def _other_words(labels: list[str], others: list[str]) -> str:
    """Return what the other sentence has where the two differ, for the end of a sentence; empty where they do not."""
    found = [f"“{other}” for “{one}”" for one, other in zip(labels, others, strict=True) if one != other]
    more = len(found) - MOST_NAMED
    if more > 0:
        found[MOST_NAMED:] = [f"{more} more"]
    return f", which has {literal(', '.join(found))}" if found else ""


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
