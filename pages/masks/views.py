"""The parts of the Masks page below its first screen, by the name under which they are chosen."""

from __future__ import annotations

from pages.masks.ablation_curve import more
from pages.masks.attention_vs_ablation import attention_vs_ablation
from pages.masks.claims import claims
from pages.masks.layers import dial, patterns, stack
from pages.masks.soft_weights import soft
from pages.masks.word_lists import lists

PARTS = {
    "Stack": stack,
    "Patterns": patterns,
    "Word list": lists,
    "Half a word": soft,
    "Dial": dial,
    "Says and does": attention_vs_ablation,
    "More and more": more,
    "On trial": claims,
}
