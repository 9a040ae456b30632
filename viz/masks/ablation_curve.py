"""Change and uncertainty of the next word as more is hidden: two panels over the number of hidden words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viz.base.figure import Figure, scatter
from viz.base.panels import counted, one_above_other
from viz.base.text import escape
from viz.base.theme import Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT = 460


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One way to hide more and more: `change[W]` in 0 to 1, `bits[W]`, and `words` in the order of their hiding."""

    change: NDArray[np.float64]
    bits: NDArray[np.float64]
    words: Sequence[str]


def ablation_curve(curves: Mapping[str, Curve], *, palette: Palette, further: bool = False) -> Figure:
    """Return two panels over the number of hidden words: the share of the probabilities that moved, and the entropy in bits.

    One line per entry of `curves` in each panel, traces `change` and `bits`, named in the legend by the entry's key.
    `further` says that other words are hidden throughout, which are not counted.
    """
    figure, more = Figure(), "further " if further else ""
    looks = ((palette.accent, "solid", "circle"), (palette.ramp[5], "dash", "square"))
    for (title, curve), (colour, dash, symbol) in zip(curves.items(), looks, strict=False):
        hidden = ["nothing else" if further else "nothing hidden", *(f"and “{escape(word)}”" for word in curve.words)]
        for name, axis, values, unit in (
            ("change", "y", 100 * curve.change, " % moved"),
            ("bits", "y2", curve.bits, " bits"),
        ):
            figure.add(
                scatter(
                    x=np.arange(len(values)),
                    y=values,
                    yaxis=axis,
                    name=title,
                    meta=name,
                    legendgroup=title,
                    showlegend=name == "change",
                    mode="lines+markers",
                    line={"color": colour, "dash": dash, "width": 3},
                    marker={"size": 9, "symbol": symbol},
                    customdata=hidden,
                    hovertemplate=f"%{{x}} {more}hidden, %{{customdata}}<br>%{{y:.3g}}{unit}<extra></extra>",
                )
            )
    style(figure, palette, height=HEIGHT)
    most = max((len(curve.words) for curve in curves.values()), default=0)
    moved = {"domain": [0.55, 1], "range": [-4, 104], "ticksuffix": " %", "nticks": 5}
    bits = {"domain": [0, 0.43], "rangemode": "tozero", "nticks": 5}
    one_above_other(
        figure,
        palette,
        across=counted(f"{more}words hidden", 0, most, palette, pad=(0.3, 0.3), parts=12),
        upper=("change of the prediction", moved),
        lower=("uncertainty in bits", bits),
    )
    figure.update_layout(margin={"l": 64, "r": 12, "t": 30, "b": 90}, legend={"y": -0.2})
    return figure
