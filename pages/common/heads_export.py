"""All heads as a page to take home, which works in any browser without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import frame

if TYPE_CHECKING:
    from model_utils.attention import AttentionMaps


def button(maps: AttentionMaps, labels: Sequence[str], *, title: str, model: str) -> None:
    """Draw the button that saves every head of a sentence as one page, made when it is asked for."""
    from viz.export import heads_page, page_bytes

    palette = frame.palette()
    layers, heads, tokens = maps.weights.shape[:3]
    st.download_button(
        f"All heads as a page ({_size(page_bytes(layers, heads, tokens))})",
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
