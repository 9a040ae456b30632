"""How far a prediction moved, as a sentence: what Home and Masks say of it."""

from __future__ import annotations

from formatting import percent

# Total variation below which two answers are one: float32 differs by some 1e-6 with the order of the sums.
EQUAL = 1e-5
SAME, LITTLE = "what the last word reads is the same", "no more than rounding can"


def sentence(causes: str, moved: float, *, against: str = "", why: str = SAME) -> str:
    """Return by how much `causes` changed the prediction; where that is nothing at all, `why`.

    `moved` is a total variation, `against` what the prediction is compared with, where that needs saying.
    """
    if moved < EQUAL:
        return f"{causes} **changed nothing**{against}: {LITTLE if moved else why}."
    share = f"{causes} **changed the prediction by {percent(moved)}**{against}"
    return f"{share}: that share of the probability moved to other words."
