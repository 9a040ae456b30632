"""Whether what is hidden or chosen above holds in a view whose pictures do not show it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from model_utils.masks.mask import MaskSpec


def by_hand(spec: MaskSpec) -> bool:
    """Return whether a word or a cell is hidden or softened by hand."""
    return bool(spec.pairs or spec.cells)


def say(spec: MaskSpec, *, why_not: str = "") -> None:
    """Say whether what `spec` changes holds here, or `why_not`; nothing where it changes nothing."""
    if spec.in_effect() != replace(MaskSpec(), sentence=spec.in_effect().sentence):
        st.caption(
            f"**Without** what is hidden or chosen above: {why_not}."
            if why_not
            else "With what is hidden or chosen above."
        )
