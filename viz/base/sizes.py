"""How large everything in a figure is: on a screen near by, or in a hall, where the last row must read it.

A figure is built for text of BODY px. In a hall it is laid out with a larger least text, then all that is counted in px is
written in the px of that hall's screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

BODY = 15  # px; text of a figure that is neither a heading nor small print

# px of a page between its edges in which a text of so many px is the least: 18 on 1,280, 27 on 1,920.
HALL_LEAST, HALL_WIDTH = 18, 1280
HALL_MOST = 54
# A matrix of 12 tokens is as high as the screen: its cells hold a number of the least size.
HALL_MATRIX = 500
HALL_CELL = 38

_FONTS = ("font", "tickfont", "textfont")
# What plotly counts in px, beside the sizes of fonts.
_LENGTHS = {
    *(
        "width",
        "height",
        "l",
        "r",
        "t",
        "b",
        "xshift",
        "yshift",
        "ax",
        "ay",
        "standoff",
        "ticklen",
        "ticklabelstandoff",
    ),
    *("borderpad", "thickness", "xpad", "ypad", "xgap", "ygap", "size", "entrywidth", "spikethickness"),
}
# Where these names are something else: the bars of a chart are as wide as cells, arrays hold numbers of the data.
_SHARES = frozenset(("width",))
_DATA = frozenset(("x", "y", "z", "text", "customdata", "hovertext", "colorscale", "meta", "color"))
_WRITTEN_SIZE = re.compile(r"font-size:(\d+)px")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Px of texts and of matrices, and `unit`, how many px each px of a figure is written as.

    `least` and `most` bound the labels of a matrix. A matrix is `matrix` px wide where its page says nothing else, and
    `narrowest` px at least. With `brief` its numbers are short, and those that would be smaller than `least` are left out.
    """

    least: int = 12
    most: int = 22
    matrix: int = 600
    narrowest: int = 0
    largest_cell: int = 84
    brief: bool = False
    unit: float = 1.0

    def px(self, length: float) -> float:
        """Return a length as it is written."""
        return round(length * self.unit, 2)

    def font(self, size: float) -> float:
        """Return the size of a text as it is written."""
        return self.px(max(size, self.least))


SCREEN = Sizes()


def hall(width: int) -> Sizes:
    """Return the sizes for a window of so many px: no text below 18 px of 1,280, or below that share of another width."""
    least = min(max(HALL_LEAST, round(HALL_LEAST * width / HALL_WIDTH)), HALL_MOST)
    return Sizes(
        least=BODY, matrix=HALL_MATRIX, narrowest=HALL_MATRIX, largest_cell=HALL_CELL, brief=True, unit=least / BODY
    )


def written(part: Any, sizes: Sizes, inside: str = "") -> Any:
    """Return a figure, or the part of one named `inside`, as plotly's JSON with every font and length in the px of `sizes`."""
    if isinstance(part, Mapping):
        return {name: _attribute(name, value, sizes, inside) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [written(one, sizes, inside) for one in part]
    return part


def _attribute(name: str, value: Any, sizes: Sizes, inside: str) -> Any:
    is_text = name in ("text", "ticktext")
    if is_text:
        return _marked_up(value, sizes)
    if name in _DATA:
        return value
    if name in _LENGTHS and not (name in _SHARES and inside == "data"):
        scale = sizes.font if name == "size" and inside.endswith(_FONTS) else sizes.px
        if isinstance(value, int | float):
            return scale(value)
        if isinstance(value, list | tuple | np.ndarray):
            return [scale(float(one)) for one in value]
    return written(value, sizes, name)


def _marked_up(value: Any, sizes: Sizes) -> Any:
    """Return text with the sizes that its markup sets as they are written."""
    if isinstance(value, str):
        return _WRITTEN_SIZE.sub(lambda found: f"font-size:{sizes.font(int(found[1]))}px", value)
    if isinstance(value, list | tuple):
        return [_marked_up(one, sizes) for one in value]
    return written(value, sizes, "title") if isinstance(value, Mapping) else value
