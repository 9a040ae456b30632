"""Where things stand in a matrix: as large cells and labels as fit into a width. Axis letter: T token."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viz.base.hatching import GAPS_UP_TO
from viz.base.sizes import SCREEN, Sizes
from viz.base.text import shorten, units

LEAST_LEFT = 104  # px; what the words beside the last row need
WIDTH = SCREEN.matrix  # px; what the page leaves for it beside the map of heads on a screen of 1,400
LEAST_SIDE = 320  # px of the whole matrix: the bar below it needs them, also for one token
DIGIT = 0.53  # width of a digit, in font sizes


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where things stand, in px: `cell` a side, `font` of the labels, every `step`-th token labelled, three margins."""

    cell: float
    font: int
    step: int
    upright: bool
    left: int
    top: int
    right: int = 24

    @property
    def two_lines(self) -> bool:
        """Return whether a row is high enough for two lines beside it."""
        return self.cell >= 2.2 * self.font

    def gap(self, tokens: int) -> float:
        """Return the px between cells."""
        return max(1.0, round(self.cell / 20)) if tokens <= GAPS_UP_TO else 0.0


def geometry(labels: Sequence[str], width: int | None = None, sizes: Sizes = SCREEN) -> Geometry:
    """Return where things stand for a matrix of these labels, shortened; its cells are as large as fits into `width` px."""
    width = max(width or sizes.matrix, sizes.narrowest)
    T, labels = len(labels), [shorten(label) for label in labels]
    widest = max(units(label) for label in labels)
    font, left, right, long, upright = sizes.most, 0, 0, 0.0, True
    largest = max(float(sizes.largest_cell), LEAST_SIDE / T)
    cell = largest
    for font in range(sizes.most - 2, sizes.least - 1, -1):
        left = max(16 + round(widest * font * DIGIT), LEAST_LEFT)
        cell = min(largest, (width - left - Geometry.right) / T)
        right, long = Geometry.right, widest * font * DIGIT
        upright = long <= cell - 4
        if not upright:  # plotly hides a slanted label that would leave the figure
            reaches = (0.72 * units(label) * font * DIGIT - i * cell for i, label in enumerate(reversed(labels)))
            right = max(right, round(max(reaches)) + 8)
            cell = min(cell, (width - left - right) / T)
        if font * 1.25 <= cell:
            break
    top = 24 + (font if upright else max(24, round(0.72 * long + 0.8 * font)))
    step = max(1, math.ceil(font * 1.25 / cell))
    return Geometry(cell=cell, font=font, step=step, upright=upright, left=left, top=top, right=right)


def breadth(label: str, font: int) -> float:
    """Return how many px wide `label` is in this font."""
    return units(label) * font * DIGIT
