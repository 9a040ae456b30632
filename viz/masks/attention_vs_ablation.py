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


def attention_vs_ablation(attention: ArrayLike, change: ArrayLike, *, words: Sequence[str], palette: Palette) -> Figure:
    """Return one point per word, trace `words`: attention on x, change of the prediction on y, both in percent.

    Words are labelled from the outside in where there is room; the others show their name when pointed at.
    """
    x, y = 100 * np.asarray(attention, dtype=np.float64), 100 * np.asarray(change, dtype=np.float64)
    labelled = _labelled(x, y, words)
    figure = Figure(
        scatter(
            x=x,
            y=y,
            mode="markers+text",
            name="words",
            text=[escape(word) if index in labelled else "" for index, word in enumerate(words)],
            textposition="top center",
            textfont={"size": 16, "family": CODE_FONT, "color": palette.text},
            marker={"size": 12, "color": palette.ramp[5]},
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
        "showgrid": True,
        "gridcolor": palette.line,
        "fixedrange": True,
        "nticks": 6,
    }


def _labelled(x: NDArray[np.float64], y: NDArray[np.float64], words: Sequence[str]) -> set[int]:
    """Return which points have room for their word: a label stands above its point, in a picture of some 500 x 250 px."""
    across = 500 * x / max(x.max(initial=0), 1e-9)
    up = 250 * y / max(y.max(initial=0), 1e-9)
    labelled: list[int] = []
    for index in np.argsort(-(across / 500 + up / 250)).tolist():
        free = all(
            abs(up[index] - up[other]) > 26
            or abs(across[index] - across[other]) > 5.5 * (len(words[index]) + len(words[other])) + 14
            for other in labelled
        )
        if free:
            labelled.append(index)
    return set(labelled)


def tint(share: float, palette: Palette) -> tuple[str, str]:
    """Return (background, text) colours of a word with `share` in [0, 1], on the scale of weights."""
    ground = weight_colour(palette, share)
    return ground, ink(ground)
