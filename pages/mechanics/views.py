"""The views below the row of the Mechanics page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common.lesson import cover
from pages.common.view import View, choose
from pages.mechanics.matrices import matrices, without_mask
from pages.mechanics.token_loss import losses
from pages.mechanics.wrong_masks import fills, wrong_ways

if TYPE_CHECKING:
    from pages.mechanics.first_screen import CellSelection

VIEWS = {
    "matrices": View(
        label="Matrices",
        help="Scores, masked scores and weights of every pair of tokens. Click a cell to follow it.",
        draw=matrices,
    ),
    "unmasked": View(
        label="Without the causal mask", help="The weights if nothing but padding were blocked.", draw=without_mask
    ),
    "fills": View(
        label="Fill values",
        help="What the mask adds to blocked scores: the lowest float32, −10000 or −∞, and where they differ.",
        draw=fills,
    ),
    "wrong": View(label="Wrong masks", help="Four ways to apply a mask, three of them wrong.", draw=wrong_ways),
    "loss": View(
        label="Loss", help="How well each token was predicted, and what is left out of the mean.", draw=losses
    ),
}


def draw(selection: CellSelection) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = choose("part", VIEWS)
    cover.view(view, selection)
