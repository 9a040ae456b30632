"""The views below the first screen of the Masks page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import controls, cover, frame
from pages.common.view import View
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
    "why-blocked": View(label="Stack", draw=layers),
    "patterns": View(label="Patterns", draw=patterns),
    "word-list": View(label="Word list", draw=lists, answers=False),
    "mask-value": View(label="Half a word", draw=soft),
    "soft-mask": View(label="Dial", draw=dial),
    "effect": View(label="Says and does", draw=attention_vs_ablation),
    "hide-more": View(label="More and more", draw=more),
    "claims": View(label="On trial", draw=claims),
}


def draw(page: Page, spec: MaskSpec, batch: TokenBatch) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = VIEWS[controls.choice("look", VIEWS)]
    with frame.reader_errors():
        cover.view(view, page, spec, batch)
