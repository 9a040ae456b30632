"""The views below the first screen of the Masks page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import frame
from pages.common.lesson import cover
from pages.common.view import View, choose
from pages.masks.ablation_curve import more
from pages.masks.attention_vs_ablation import attention_vs_ablation
from pages.masks.broadcasting import shapes
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
        help="Which token may each row read, and what blocks the rest? Click a cell of the large picture to block it by hand.",
        draw=layers,
    ),
    "patterns": View(
        label="Patterns",
        help="How would the model do under the masks of other models, instead of the causal one? Choose a pattern.",
        draw=patterns,
    ),
    "word-list": View(
        label="Word list",
        help="What if every word of a list is hidden? Type words, or take a ready list, and hide those in the sentence.",
        draw=lists,
        answers=False,
    ),
    "mask-value": View(
        label="Mask value: 3 ways",
        help="Does a mask value of 0.5 halve the attention weight of a word? Choose a word, and compare three ways to apply it.",
        draw=soft,
    ),
    "soft-mask": View(
        label="Mask value: curve",
        help="What attention weight is left to a word as its mask value m goes from 1 to 0? Move the slider.",
        draw=dial,
    ),
    "effect": View(
        label="Attention vs effect",
        help="Does a word with much attention weight change the prediction much when it is hidden? Compare the two strips.",
        draw=attention_vs_ablation,
    ),
    "hide-more": View(
        label="Hide more",
        help="How fast does the prediction change as words are hidden one after another? Follow each line to the right.",
        draw=more,
    ),
    "shapes": View(
        label="Shapes",
        help="How does attention_mask, one number per token, become one number per cell, added to the scores? Choose a step.",
        draw=shapes,
    ),
    "claims": View(label="True or false?", help="Is it true what one reads about masks? Ask the model.", draw=claims),
}


def draw(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = choose("look", VIEWS)
    with frame.reader_errors():
        cover.view(view, page, spec, batch)
