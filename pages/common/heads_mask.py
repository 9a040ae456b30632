"""The Heads page under the mask of the Masks page: which rule the model runs under, and how that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls, mask_controls
from pages.common.literal import literal

if TYPE_CHECKING:
    from model_utils.masks import MaskSpec
    from model_utils.tokens import TokenBatch

USED_BY = {"width": ("window", "sink"), "first": ("sink", "prefix")}


def choose(batch: TokenBatch, sentence: int) -> MaskSpec:
    """Return the rule that the model runs under; where it is more than the causal mask, draw the choice to run without."""
    from model_utils.masks import MaskSpec

    mask_controls.settle(batch.texts[sentence])
    spec = settled(mask_controls.safe_spec(batch))
    if spec == MaskSpec():
        return spec
    with st.container(border=True, key="under_mask"):
        st.markdown(f":material/visibility_off: {literal(describe(spec, batch))}")
        under = controls.choice("under", controls.CONTROLS["under"].options, show_label=False)
    return spec if under == controls.CONTROLS["under"].default else MaskSpec()


def settled(spec: MaskSpec) -> MaskSpec:
    """Return a rule without what has no effect in it, so that equal runs are one."""
    from model_utils.masks import MaskSpec

    unused = {name: getattr(MaskSpec, name) for name, patterns in USED_BY.items() if spec.pattern not in patterns}
    if not (spec.pairs or spec.cells):
        unused |= {"sentence": MaskSpec.sentence, "gap": MaskSpec.gap}
    return replace(spec, **unused)


def describe(spec: MaskSpec, batch: TokenBatch) -> str:
    """Return what a rule hides beside what comes later and the padding, as one sentence."""
    parts = []
    if spec.pattern != "causal":
        widths = [f"{name} {getattr(spec, name)}" for name, patterns in USED_BY.items() if spec.pattern in patterns]
        parts.append(", ".join([f"pattern {spec.pattern}", *widths]))
    if spec.pairs:
        words = batch.tokens[spec.sentence]
        told = [
            f"“{words[token].label}”" + (f" at weight {weight:g}" if weight else "") for token, weight in spec.pairs
        ]
        parts.append(f"hidden by hand: {', '.join(told[:6])}" + (f" and {len(told) - 6} more" if len(told) > 6 else ""))
    if spec.cells:
        parts.append(f"{len(spec.cells)} single cells blocked")
    if not spec.padding:
        parts.append("the padding may be read")
    return f"As on Masks: {'; '.join(parts)}."
