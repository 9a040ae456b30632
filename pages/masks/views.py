"""The views below the first screen of the Masks page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import frame
from pages.common.lesson import cover
from pages.common.view import View, choose
from pages.masks.ablation_curve import more
from pages.masks.attention_vs_ablation import attention_vs_ablation
from pages.masks.claims import claims
from pages.masks.layers import layers
from pages.masks.patterns import patterns
from pages.masks.soft_weight_curve import dial
from pages.masks.soft_weights import soft
from pages.masks.word_lists import lists

if TYPE_CHECKING:
    from model_utils.masks.mask import MaskSpec
    from model_utils.tokens.batch import TokenBatch
    from pages.common.frame import Page

VIEWS = {
    "why-blocked": View(
        label="Why blocked",
        help="Causal, padding and hand mask, and all combined: why each cell is blocked.",
        draw=layers,
    ),
    "patterns": View(
        label="Patterns",
        help="Masks of other models, such as a sliding window, in the place of the causal one.",
        draw=patterns,
    ),
    "word-list": View(
        label="Word list",
        help="Hide every word of a list: your own, or one of three that are ready.",
        draw=lists,
        answers=False,
    ),
    "mask-value": View(
        label="Mask value 0.5",
        help="A mask value between 0 and 1 does different things, depending on where it is applied.",
        draw=soft,
    ),
    "soft-mask": View(
        label="Mask value 0 to 1",
        help="How the attention weight of one word falls as a negative number is added to its score.",
        draw=dial,
    ),
    "effect": View(
        label="Attention vs effect",
        help="Does a word with much attention weight change the prediction much when it is hidden?",
        draw=attention_vs_ablation,
    ),
    "hide-more": View(
        label="Hide more", help="Words are hidden one after another, from either end of the sentence.", draw=more
    ),
    "claims": View(label="True or false?", help="Claims that one reads about masks, tried on this model.", draw=claims),
}


def draw(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = choose("look", VIEWS)
    with frame.reader_errors():
        cover.view(view, page, spec, batch)
