"""The parts of the Masks page below its first screen, by the name under which they are chosen."""

from __future__ import annotations

from pages.common.mask_claims import claims
from pages.common.mask_lists import lists
from pages.common.mask_more import more
from pages.common.mask_soft import soft
from pages.common.mask_stack import dial, patterns, stack
from pages.common.mask_sweep import sweep

PARTS = {
    "Stack": stack,
    "Patterns": patterns,
    "Word list": lists,
    "Half a word": soft,
    "Dial": dial,
    "Says and does": sweep,
    "More and more": more,
    "On trial": claims,
}
