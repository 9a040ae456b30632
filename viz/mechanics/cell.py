"""One cell of a head as a chain of numbers. Axis letter: W width of a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.figure import Figure, Trace, bar, scatter
from viz.base.text import precise, signed
from viz.base.theme import Palette, sign_colours, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT = 400
# The part of the height that the bars of the products take.
PRODUCTS = 0.3


def chain(products: NDArray[Any], *, steps: Sequence[tuple[str, float]], palette: Palette) -> Figure:
    """Return the `products` `[W]` of q and k as bars (trace `products`), and below each of `steps` with its number.

    `steps` are (what is done, the number that it gives); the last number stands in the accent colour. Trace `steps` holds
    the numbers, its hover all their figures.
    """
    figure = Figure([_bars(products, palette), _results(steps, palette)])
    for row, (text, _) in enumerate(steps):
        figure.add_annotation(
            text=text,
            x=0,
            y=row,
            xref="x2",
            yref="y2",
            xanchor="left",
            showarrow=False,
            font={"size": 17, "color": palette.text},
        )
    style(figure, palette, height=HEIGHT)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        xaxis={"domain": [0, 1], "anchor": "y", **hidden},
        yaxis={"domain": [1 - PRODUCTS, 1], **hidden},
        xaxis2={"domain": [0, 1], "anchor": "y2", "range": [0, 1], **hidden},
        yaxis2={"domain": [0, 0.94 - PRODUCTS], "range": [len(steps) - 0.5, -0.5], **hidden},
    )
    return figure


def _bars(products: NDArray[Any], palette: Palette) -> Trace:
    """Return one bar per product, coloured by its sign."""
    return bar(
        x=np.arange(len(products)),
        y=products,
        name="products",
        marker={"color": sign_colours(products, palette)},
        hovertemplate="q × k, number %{x}: %{y:.9g}<extra></extra>",
    )


def _results(steps: Sequence[tuple[str, float]], palette: Palette) -> Trace:
    """Return the number that each step gives, one below the other at the right."""
    return scatter(
        x=[1] * len(steps),
        y=np.arange(len(steps)),
        mode="text",
        name="steps",
        xaxis="x2",
        yaxis="y2",
        text=[signed(value, 3) for _, value in steps],
        textposition="middle left",
        textfont={"size": 22, "color": [palette.text] * (len(steps) - 1) + [palette.accent]},
        customdata=[precise(value) for _, value in steps],
        hovertemplate="%{customdata}<extra></extra>",
    )
