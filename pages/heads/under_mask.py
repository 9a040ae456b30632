"""The Heads page under the mask of the Masks page: which rule the model runs under, and how that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import controls, mask_rule, mask_state
from pages.common.markdown import literal

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch


def choose(batch: TokenBatch, sentence: int) -> MaskSpec:
    """Return the rule that the model runs under; where it is more than the causal mask, draw the choice to run without."""
    from model_utils.masks.mask import MaskSpec

    mask_state.settle(batch.texts[sentence])
    spec = mask_rule.settled(mask_state.safe_spec(batch))
    if spec == MaskSpec():
        return spec
    parts = mask_rule.parts(spec, batch.tokens[spec.sentence])
    if not spec.padding:
        parts.append("the padding may be read")
    told = literal(f"As on Masks: {'; '.join(parts)}.")
    with st.container(border=True, key="under_mask"):
        st.markdown(f":material/visibility_off: {told}")
        under = controls.choice("under", show_label=False)
    return spec if under == "on" else MaskSpec()
