"""What is taken home from Heads: the open head's numbers and code, and all heads as a page that works without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common import frame

if TYPE_CHECKING:
    import pandas as pd

    from model_utils.masks.mask import MaskSpec
    from model_utils.models.forward import AttentionMaps
    from model_utils.models.registry import ModelEntry
    from model_utils.tokens.batch import TokenBatch
    from pages.heads.first_screen import HeadSelection


def numbers(maps: AttentionMaps, labels: Sequence[str], layer: int, head: int) -> pd.DataFrame:
    """Return one head's cells, one per row: query, key, weight, and why a blocked one is blocked."""
    from model_utils.heads.tables import weights_table

    return weights_table(maps, labels, layer, head)


def code(entry: ModelEntry, batch: TokenBatch, sentence: int, spec: MaskSpec, layer: int, head: int) -> str:
    """Return the lines that print one head's weights on one sentence under the mask of `spec`."""
    from model_utils.masks.mask import MaskSpec
    from model_utils.snippets.heads import heads_code
    from model_utils.snippets.masks import head_code

    if spec == MaskSpec():
        return heads_code(entry, batch.texts, side=batch.side, sentence=sentence, layer=layer, head=head)
    here = replace(spec, sentence=sentence)
    return head_code(entry, batch.texts, here, side=batch.side, layer=layer, head=head)


def button(maps: AttentionMaps, labels: Sequence[str], *, title: str, model: str) -> None:
    """Draw the button that saves every head of a sentence as one page, made when it is asked for."""
    from viz.heads.offline.page import heads_page, page_bytes

    palette = frame.palette()
    layers, heads, tokens = maps.weights.shape[:3]
    st.download_button(
        f"Download all heads ({_size(page_bytes(layers, heads, tokens))})",
        data=lambda: heads_page(maps.weights, maps.causes, labels, title=title, model=model, palette=palette),
        file_name="maskscope-heads.html",
        mime="text/html",
        key="html_heads",
        on_click="ignore",
        icon=":material/language:",
        help="One file that opens in any browser, without a network: every head of this sentence, to click through.",
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def all_heads_code(selection: HeadSelection, part: Any, **asked: int) -> str:
    """Return the lines that print what one selection says of all heads."""
    from model_utils.snippets.heads import many_code

    batch, spec = selection.batch, replace(selection.spec, sentence=selection.sentence)
    return many_code(selection.page.entry, batch.texts, spec, side=batch.side, part=part, **asked)
