"""Claims about masks: each is tried on the chosen model when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from formatting import percent
from model_utils.masks.examples import FOX
from model_utils.tokens.batch import sentence_label
from pages.common.markdown import literal
from pages.masks import cache, rule_above

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page

# px of a claim: its table fits, and at 1400 px three stand side by side.
WIDTH = 308


def claims(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the claims; the model answers those that were asked for."""
    rule_above.say(spec, why_not="each claim is about a mask of its own")
    trials: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
        ("emphasis", "“The mask emphasises *fox*.”", FOX, lambda: _emphasis(page)),
        ("half", "“0.5 in the mask is half the attention.”", FOX, lambda: _half(page)),
        ("track", "“Without a mask GPT-2 loses track.”", batch.texts[spec.sentence], lambda: _track(page, spec, batch)),
    )
    row = st.container(horizontal=True)  # what does not fit beside the others stands below
    for name, claim, sentence, answer in trials:
        with row.container(border=True, width=WIDTH, height="stretch"):
            st.markdown(f"**{claim}**")
            st.caption(f"Tried on “{literal(sentence_label(sentence, 60))}”")
            asked = st.session_state.setdefault("_mask_tried", set())
            if name in asked:
                answer()
            else:
                st.button("Ask the model", key=f"mask_try_{name}", on_click=asked.add, args=(name,))


def _emphasis(page: Page) -> None:

    found = cache.emphasis(page.model)
    st.markdown("**No.** A mask removes the others; what stays shares their part by one factor, *fox* like the rest.")
    lines = "\n".join(
        f"| {word} | {percent(before)} | {percent(after)} | ×{factor:.2f} |"
        for word, before, after, factor in found.rows
    )
    st.markdown(f"| word | from | to | factor |\n|---|---|---|---|\n{lines}")
    st.caption(
        "What the last token reads in layer 0, head 0, before and after “The”, “quick” and “over” "
        f"are hidden. A mask of ones, *fox* included, changes the prediction by {percent(found.ones)}."
    )


def _half(page: Page) -> None:

    found = cache.half(page.model)
    st.markdown("**No.** The library transformers makes the mask of a token true or false: 0.5 counts as 1.")
    st.markdown(
        "| *jumps* | mean weight | change |\n|---|---|---|\n"
        f"| no mask | {percent(found.before)} | |\n"
        f"| 0.5 counts as 1 | {percent(found.flat)} | {percent(found.flat_change)} |\n"
        f"| log 0.5 added | {percent(found.log)} | {percent(found.log_change)} |"
    )
    st.caption(
        "0.5 on *jumps*: its attention weight in the last row of layer 0, the mean of the heads, each of which divides its own "
        "row by its sum; and the change of the prediction. Adding log 0.5 too leaves more than half: it halves the weight "
        "before that division."
    )


def _track(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:

    found = cache.track(page.key(batch.side), spec.sentence)
    same = "exactly 0" if found.difference == 0 else f"{found.difference:.1e}"
    st.markdown(
        "**Not alone; in a batch with pads on the left, yes.** GPT-2 reads only what came before, mask or not: that rule "
        "is built in. But pads on the left stand before the words, and only a mask hides them."
    )
    padded = "no pads here" if found.padded is None else percent(found.padded)
    st.markdown(
        "| | prediction changed by |\n|---|---|\n"
        f"| alone, no mask at all | {percent(found.alone)} |\n"
        f"| padded, its pads read | {padded} |\n"
        f"| alone, only its last two words read | {percent(found.short)} |"
    )
    if found.padded is not None:
        st.caption(
            "With its pads read, each word keeps its position here. On Tokens, without a mask, pads are counted too: words stand "
            "at other positions, so the number is another."
        )
    st.caption(f"With and without a mask of ones, the logits of the sentence alone differ by {same}.")
