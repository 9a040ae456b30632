"""What the mask pages share: the sentence, the rule read from the published controls, and undo for the hand mask.

Order on a page, inside its fragment: `choose_sentence`, then `mask_spec` or `safe_spec`, then whatever draws, `hand_fields` last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.errors import InputError
from model_utils.masks.link import format_cells, format_weights, parse_cells, parse_weights
from model_utils.masks.mask import MaskSpec
from model_utils.tokens.batch import sentence_label
from pages.common import controls
from pages.common.controls import value
from pages.common.markdown import literal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.tokens.batch import Side, TokenBatch
    from pages.common.frame import Page

# What one step of undo brings back.
REMEMBERED = ("text", "sentence", "weights", "cells", "gap", "pattern", "width", "first", "padding")
HAND = ("weights", "cells", "gap")
UNDO_DEPTH = 50


def choose_sentence(page: Page, *, side: bool = True) -> TokenBatch:
    """Draw the choice of the sentence (and of the padding side) and return the padded batch.

    Clears the hand mask of another sentence, with undo. Raises InputError for text outside its bounds.
    """
    if st.session_state.pop("_mask_whole_page", False):
        st.rerun()
    chosen: Side = value("side")
    batch = page.batch(chosen)
    controls.item("sentence", [sentence_label(text) for text in batch.texts])
    if side:
        chosen = choose_side(batch)
    batch = batch if chosen == batch.side else page.batch(chosen)
    sync_hand_mask(batch.texts[value("sentence")])
    return batch


def choose_side(batch: TokenBatch | None) -> Side:
    """Draw the choice of the padding side and return it; where `batch` holds no pad it cannot be chosen, and says why."""
    even = batch is not None and len({len(row) for row in batch.tokens}) == 1
    idle = "No effect now: no row is shorter than another, so there are no pads." if even else ""
    return "right" if controls.choice("side", idle=idle) == "right" else "left"


def mask_spec(batch: TokenBatch, sentence: int | None = None) -> MaskSpec:
    """Return the rule that the published controls describe, its hand mask for `sentence`, which else is the chosen one.

    Raises InputError for a hand mask or cells that cannot be read, or that name tokens which are not there.
    """
    sentence = value("sentence") if sentence is None else sentence
    count = len(batch.tokens[sentence])
    return MaskSpec(
        pattern=value("pattern"),
        width=value("width"),
        first=value("first"),
        padding=value("padding") == "on",
        sentence=sentence,
        weights=parse_weights(value("weights"), count),
        cells=parse_cells(value("cells"), count),
        gap=value("gap"),
    )


def safe_spec(batch: TokenBatch) -> MaskSpec:
    """Return the rule of the controls; where the hand mask cannot be read, say why and go on without it."""
    try:
        return mask_spec(batch)
    except InputError as error:
        st.error(literal(f"{error} Nothing is hidden by hand."))
        return MaskSpec(
            pattern=value("pattern"),
            width=value("width"),
            first=value("first"),
            padding=value("padding") == "on",
            sentence=value("sentence"),
            gap=value("gap"),
        )


def in_words(rule: MaskSpec, batch: TokenBatch) -> str:
    """Return what `rule` changes beside later tokens and padding; empty for the model's own mask."""
    from model_utils.masks.explain import rule_in_words

    parts = rule_in_words(rule, batch.tokens[rule.sentence])
    return "; ".join(parts if rule.padding else [*parts, "the padding may be read"])


def in_force(rule: MaskSpec, batch: TokenBatch) -> DeltaGenerator | None:
    """Draw a box with what `rule` of Masks changes here, and return it; None, and no box, where it changes nothing."""
    words = in_words(rule, batch)
    if not words:
        return None
    box = st.container(border=True, key="under_mask")
    box.markdown(f":material/visibility_off: {literal(f'As on Masks: {words}.')}")
    return box


def weights_now(count: int) -> dict[int, float]:
    """Return the mask values of a sentence of `count` tokens as they are by now; none where they cannot be read.

    For callbacks: another one may have changed them since the page was drawn.
    """
    try:
        return parse_weights(value("weights"), count)
    except InputError:
        return {}


def set_weights(weights: Mapping[int, float]) -> None:
    """Make `weights` the hand mask, with undo. A callback."""
    change(weights=format_weights(weights))


def set_cells(cells: Collection[tuple[int, int]]) -> None:
    """Make `cells` the blocked cells, with undo. A callback."""
    change(cells=format_cells(cells))


def change(**values: Any) -> None:
    """Give published controls new values, with one step of undo for all. `text`, `sentence`: from a callback only."""
    _remember({name: value(name) for name in REMEMBERED})
    _assign(values)


def undo() -> None:
    """Go back one step. A callback: it may bring back the text, whose field stands in the sidebar."""
    steps = st.session_state.get("_mask_undo", [])
    if steps:
        _assign(steps.pop())


def clear() -> None:
    """Show every word and every cell again, with undo."""
    change(weights="", cells="")


def forget() -> None:
    """Forget the steps of undo and what they compare with: a page was opened in another state."""
    for name in ("_mask_undo", "_mask_last", "_mask_sentence", "_mask_own_step"):
        st.session_state.pop(name, None)


def undo_buttons() -> None:
    """Draw Undo and Clear."""
    hand = value("weights") or value("cells")
    st.button("Undo", key="mask_undo", icon=":material/undo:", on_click=undo, disabled=not _steps())
    st.button("Clear", key="mask_clear", icon=":material/close:", on_click=clear, disabled=not hand)


def hand_fields() -> None:
    """Draw the fields of the hand mask and of the single cells: what the link carries, open to typing."""
    examples = {"weights": "3:0.5,4:0", "cells": "5-2,6-2"}
    for column, (name, example) in zip(st.columns(2), examples.items(), strict=True):
        with column:
            controls.field(name, placeholder=example)


def sync_hand_mask(text: str, sentence: int | None = None) -> None:
    """Note what has changed since the last run: a hand mask of another sentence goes, a typed one can be undone.

    `text` is the sentence in view, `sentence` its number where that is not the chosen one.

    Callbacks and clicks that went through `change` or `undo` have seen to their own step.
    """
    state = st.session_state
    number = value("sentence") if sentence is None else sentence
    now = {name: value(name) for name in REMEMBERED} | {"sentence": number}
    last, last_text = state.get("_mask_last"), state.get("_mask_sentence")
    own = state.pop("_mask_own_step", False)
    if last is not None and not own:
        moved = (now["sentence"], text) != (last["sentence"], last_text)
        masked = bool(last["weights"] or last["cells"])
        if moved and masked and now["weights"] == last["weights"] and now["cells"] == last["cells"]:
            _remember(last)
            controls.change(weights="", cells="")
            st.toast("The hand mask belonged to another sentence and is cleared; Undo brings it back.")
        elif any(now[name] != last[name] for name in HAND):
            _remember(last)
    state["_mask_last"] = {name: value(name) for name in REMEMBERED} | {"sentence": number}
    state["_mask_sentence"] = text


def _assign(values: Mapping[str, Any]) -> None:
    state = st.session_state
    if "text" in values and values["text"] != value("text"):
        state["_mask_whole_page"] = True
    controls.change(**values)
    state["_mask_own_step"] = True


def _remember(step: dict[str, Any]) -> None:
    steps = st.session_state.setdefault("_mask_undo", [])
    steps.append(step)
    del steps[:-UNDO_DEPTH]


def _steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = st.session_state.get("_mask_undo", [])
    return found
