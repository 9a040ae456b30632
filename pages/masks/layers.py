"""The layers of a mask on the Masks page: each mask as a layer, their combination, and the brush for single cells."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from formatting import percent
from model_utils.masks.patterns import PATTERNS
from pages.common import controls, downloads, frame, mask_state
from pages.common.caches import cache_masks, cache_shared
from pages.common.components.plot import plot
from pages.common.components.strip import StripToken, tokens_strip
from pages.common.notes import thinned_names

if TYPE_CHECKING:
    import pandas as pd

    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page
    from viz.base.figure import Figure
    from viz.base.theme import Palette

# The layers in the order of the lectures: the figure's name, the cause that it draws, what stands under it.
LAYERS = (
    ("causal", "causal", "causal"),
    ("pattern", "pattern", "pattern"),
    ("padding", "padding", "padding"),
    ("hand", "hand", "by hand"),
)
# On a phone the matrix keeps this width, in px, and scrolls: narrower, its labels would overlap.
NARROWEST = 540


def layers(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the layers and their combination with its brush. The page names the part."""
    mask = cache_masks.mask(page.key(batch.side), spec)
    _small_pictures(page, mask, spec, batch)
    picture, brush = st.columns([620, 290], gap="medium")
    with brush:
        query, key = _choose(batch, spec)
        _brush(spec, batch, mask, query, key)
        _moved(page, spec, batch)
    with picture:
        _combined(page, mask, spec, batch, (query, key))
    downloads.bar("masks", numbers=lambda: _numbers(mask, spec, batch), code=lambda: _code(page, spec, batch))


def _small_pictures(page: Page, mask: Mask, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the masks as small pictures joined by “and”: a cell is visible where all of them leave it so."""
    pattern, palette = PATTERNS[spec.pattern], frame.palette()
    shown = [one for one in LAYERS if one[1] != "pattern" or pattern.reason]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="mask_layers"):
        for number, (figure, cause, title) in enumerate(shown):
            with st.container(width=150, gap=None):
                plot(
                    cache_shared.figure(
                        (figure, page.key(batch.side), spec, palette),
                        partial(_small_picture, mask, spec.sentence, cause, palette),
                    ),
                    figure,
                    alt=f"What the {title} mask alone blocks",
                    toolbar=False,
                )
                st.caption(_layer_name(title, spec))
            st.markdown("**and**" if number < len(shown) - 1 else "**= the mask below**", width="content")


def _small_picture(mask: Mask, sentence: int, cause: str, palette: Palette) -> Figure:
    from viz.masks.mask import layer

    visible = mask.visible[sentence]
    soft = visible if cause == "hand" else np.ones_like(visible)
    values = np.where((visible > 0) | (cause != "hand"), soft, 1.0)
    return layer(values, causes={cause: mask.causes[cause][sentence]}, palette=palette)


def _layer_name(title: str, spec: MaskSpec) -> str:
    pattern = PATTERNS[spec.pattern]
    if title == "causal" and pattern.lifts:
        return f"causal, {pattern.lifts}"
    return pattern.label if title == "pattern" else title


def _choose(batch: TokenBatch, spec: MaskSpec) -> tuple[int, int]:
    """Draw the choice of a cell and return its (query, key) as real tokens of the sentence, from 0."""
    labels = [token.label for token in batch.tokens[spec.sentence]]
    left, right = st.columns(2)
    with left:
        query = controls.item("query", labels)
    with right:
        key = controls.item("key", labels)
    return query, key


def _combined(page: Page, mask: Mask, spec: MaskSpec, batch: TokenBatch, chosen: tuple[int, int]) -> None:
    number, palette = spec.sentence, frame.palette()
    first = batch.first(number)
    figure = cache_shared.figure(
        ("combined", page.key(batch.side), spec, chosen, palette),
        lambda: _combined_figure(mask, spec, batch, chosen, palette),
    )
    plot(
        figure,
        "combined",
        least=NARROWEST,
        opens="columns" if batch.side == "left" else "start",  # where the words are, on a phone
        on_click=lambda row, column: _clicked(page, spec, batch, row - first, column - first),
        alt="All masks combined: which token each row may read, and why not.",
    )
    thinned_names.say(batch.labels(number))
    if mask.blocked_rows[number].any():
        st.caption("The model computes a row that may read nothing too, but its numbers mean nothing.")


def _combined_figure(
    mask: Mask, spec: MaskSpec, batch: TokenBatch, chosen: tuple[int, int], palette: Palette
) -> Figure:
    from model_utils.masks.explain import sentences
    from viz.masks.mask import combined, has_sentences

    number, labels = spec.sentence, batch.labels(spec.sentence)
    first = batch.first(number)
    return combined(
        mask.visible[number],
        labels=labels,
        causes={name: cells[number] for name, cells in mask.causes.items()},
        sentences=sentences(mask, spec, labels, number=number) if has_sentences(len(labels)) else None,
        palette=palette,
        last=batch.last(number),
        chosen=(first + chosen[0], first + chosen[1]),
    )


def _clicked(page: Page, spec: MaskSpec, batch: TokenBatch, query: int, key: int) -> None:
    """Choose the clicked cell; one that is visible, or blocked as a single cell, changes. Pads are not to be chosen."""
    first, count = batch.first(spec.sentence), len(batch.tokens[spec.sentence])
    if not (0 <= query < count and 0 <= key < count):
        return
    controls.change(query=query, key=key)
    mask = cache_masks.mask(page.key(batch.side), spec)
    free = mask.cause[spec.sentence, first + query, first + key] == 0
    if free or (query, key) in spec.cells:
        _toggle(spec, query, key)


def _toggle(spec: MaskSpec, query: int, key: int) -> None:
    mask_state.set_cells({*spec.cells} ^ {(query, key)})


def _brush(spec: MaskSpec, batch: TokenBatch, mask: Mask, query: int, key: int) -> None:
    """Say what is true of the chosen cell, and offer to block it or to show it again."""
    from model_utils.masks.explain import sentence

    number, first = spec.sentence, batch.first(spec.sentence)
    names = [f"“{batch.tokens[number][token].label}”" for token in (query, key)]
    at = (number, first + query, first + key)
    causes = [name for name, cells in mask.causes.items() if cells[at]]
    st.text(sentence(names[0], names[1], float(mask.visible[at]), causes, spec))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        blocked = (query, key) in spec.cells
        st.button(
            "Show this cell again" if blocked else "Block this cell",
            key="toggle_cell",
            on_click=_toggle,
            args=(spec, query, key),
        )
        if spec.cells:
            st.button("Show all cells", key="clear_cells", on_click=mask_state.set_cells, args=((),))
        st.caption("or click it in the picture", width="content")


def _moved(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw how far each row's prediction moves through the blocked cells, as a strip of the sentence's words."""
    if not spec.cells:
        st.caption("With one cell blocked, one token no longer reads one other; all else stays.")
        return
    palette = frame.palette()
    before = replace(spec, cells=())
    moved = cache_masks.row_shifts(page.key(batch.side), before, spec)
    rows = zip(batch.tokens[spec.sentence], moved, strict=True)
    tokens_strip(
        [
            StripToken(
                text=token.label,
                note=percent(share),
                state="plain" if share else "quiet",
                clickable=False,
                title=f"the prediction of the word after it changed by {percent(share)}",
            )
            for token, share in rows
        ],
        key="moved_rows",
        label="How far the prediction of each row moved",
        palette=palette,
    )
    line = f"By how much each row’s prediction changed: {int((moved > 0).sum())} of {len(moved)} rows changed."
    if not PATTERNS[spec.pattern].lifts:
        line += " Rows above the blocked cells cannot change; rows below may, through the rows that they read."
    st.caption(line)


def _numbers(mask: Mask, spec: MaskSpec, batch: TokenBatch) -> pd.DataFrame:
    from model_utils.masks.explain import table

    return table(mask, batch.labels(spec.sentence), spec.sentence)


def _code(page: Page, spec: MaskSpec, batch: TokenBatch) -> str:
    from model_utils.snippets.masks import mask_code

    return mask_code(page.entry, batch.texts, spec, side=batch.side)
