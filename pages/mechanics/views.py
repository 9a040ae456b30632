"""The views below the row of the Mechanics page: for each id its label, its help and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common import controls, cover
from pages.common.view import View
from pages.mechanics.matrices import matrices, without_mask
from pages.mechanics.token_loss import losses
from pages.mechanics.wrong_masks import fills, wrong_ways

if TYPE_CHECKING:
    from pages.mechanics.first_screen import CellSelection

VIEWS = {
    "matrices": View(label="matrices", draw=matrices),
    "unmasked": View(label="without the mask", draw=without_mask),
    "fills": View(label="fill values", draw=fills),
    "wrong": View(label="wrong ways", draw=wrong_ways),
    "loss": View(label="loss", draw=losses),
}


def draw(selection: CellSelection) -> None:
    """Draw the view that is chosen, and nothing of the others."""
    view = VIEWS[controls.choice("part", VIEWS, show_label=False)]
    cover.view(view, selection)
