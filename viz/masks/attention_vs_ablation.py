"""How much attention each word gets, beside what hiding it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from formatting import percent
from viz.base.figure import Figure, scatter
from viz.base.text import escape
from viz.base.theme import CODE_FONT, Palette, ink, style, weight_colour

# Where a word may stand beside its point, in the order in which they are tried, with the direction right and up.
SIDES = (("top center", 0, 1), ("middle right", 1, 0), ("middle left", -1, 0), ("bottom center", 0, -1))


def attention_vs_ablation(attention: ArrayLike, change: ArrayLike, *, words: Sequence[str], palette: Palette) -> Figure:
    """Return one point per word, trace `words`: attention on x, change of the prediction on y, both in percent.

    Words are labelled from the outside in, on that side of their point where there is room; the others show their name when
    pointed at.
    """
    x, y = 100 * np.asarray(attention, dtype=np.float64), 100 * np.asarray(change, dtype=np.float64)
    sides = _sides(x, y, words)
    figure = Figure(
        scatter(
            x=x,
            y=y,
            mode="markers+text",
            name="words",
            text=[escape(word) if index in sides else "" for index, word in enumerate(words)],
            textposition=[sides.get(index, "top center") for index in range(len(words))],
            textfont={"size": 16, "family": CODE_FONT, "color": palette.text},
            marker={"size": 12, "color": palette.ramp[5]},
            cliponaxis=False,
            hovertext=[
                f"{escape(word)}: attention {percent(share / 100)}, change {percent(moved / 100)}"
                for word, share, moved in zip(words, x.tolist(), y.tolist(), strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    style(figure, palette, height=340)
    figure.update_xaxes(**_axis("attention: mean weight of the last row", x, palette))
    figure.update_yaxes(**_axis("hiding: change of the prediction", y, palette))
    figure.update_layout(showlegend=False, margin={"l": 60, "r": 20, "t": 24, "b": 50})
    return figure


def _axis(title: str, values: NDArray[np.float64], palette: Palette) -> dict[str, Any]:
    """Return an axis from 0 to a little beyond the largest of `values`, which are percentages."""
    return {
        "title": {"text": title, "font": {"size": 15}},
        "range": [0, max(float(values.max(initial=0)) * 1.15, 1.0)],
        "ticksuffix": " %",
        "ticklabelstandoff": 8,  # the two zeros in the corner are clear of each other
        "showgrid": True,
        "gridcolor": palette.line,
        "fixedrange": True,
        "nticks": 6,
    }


def _sides(x: NDArray[np.float64], y: NDArray[np.float64], words: Sequence[str]) -> dict[int, str]:
    """Return on which side of its point there is room for a word, in a picture of some 300 x 250 px; none where nowhere is."""
    across = 300 * x / max(x.max(initial=0), 1e-9)
    up = 250 * y / max(y.max(initial=0), 1e-9)
    taken = [
        (left - 7, right + 7, low - 7, high + 7) for left, right, low, high in zip(across, across, up, up, strict=True)
    ]
    sides: dict[int, str] = {}
    for index in np.argsort(-(across / 300 + up / 250)).tolist():
        half = 5 * len(words[index])
        for side, right, above in SIDES:
            middle, line = across[index] + right * (half + 10), up[index] + above * 18
            box = (middle - half, middle + half, line - 9, line + 9)
            others = taken[:index] + taken[index + 1 :]
            if box[0] > 0 and box[2] > 0 and not any(_overlap(box, other) for other in others):
                sides[index] = side
                taken.append(box)
                break
    return sides


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two boxes, each (left, right, low, high), touch."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def tint(share: float, palette: Palette) -> tuple[str, str]:
    """Return (background, text) colours of a word with `share` in [0, 1], on the scale of weights."""
    ground = weight_colour(palette, share)
    return ground, ink(ground)
