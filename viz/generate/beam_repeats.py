"""How much a beam's text repeats itself, and how little it surprises, beside a sampled text of the same prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from viz.base.figure import Figure, scatter
from viz.base.panels import counted, one_above_other
from viz.base.theme import ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

_DASHES = {2: "dot", 3: "dash", 4: "solid"}
_LINES = {"dot": "dotted", "dash": "dashed", "solid": "solid"}


def beam_repeats(
    shares: Mapping[str, Mapping[int, Sequence[float]]], bits: Mapping[str, Sequence[float]], *, palette: Palette
) -> Figure:
    """Return two panels over the steps: the share of repeated n-grams so far, and the mean surprise in bits so far.

    `shares[text][n]` are those of n-grams, `bits[text]` the surprise of each token; the texts are `beam` and `sampled`.
    Traces: `TEXT: n-grams` and `TEXT: surprise`; the legend names the two texts by their colours.
    """
    figure, longest = Figure(), 1
    sizes = sorted({n for of_text in shares.values() for n in of_text})
    named = ", ".join(f"{n} ({_LINES[_DASHES.get(n, 'solid')]})" for n in sizes)
    for name, of_text in shares.items():
        colour = palette.accent if name == "beam" else ramp_colour(palette, 0.62)
        for n, values in of_text.items():
            _line(figure, values, f"{name}: {n}-grams", "y", colour, _DASHES.get(n, "solid"), "%{y:.0%}")
        means = [total / (at + 1) for at, total in enumerate(accumulate(bits[name]))]
        _line(figure, means, f"{name}: surprise", "y2", colour, "solid", "%{y:.2f} bits")
        longest = max(longest, len(means))
        figure.add(scatter(name=name, mode="lines", x=[None], y=[None], line={"color": colour, "width": 3}))
    style(figure, palette, height=450)
    one_above_other(
        figure,
        palette,
        across=counted("step", 1, longest, palette, pad=(0.5, 0.5)),
        upper=(
            f"share of repeated groups of tokens,<br>of {named}",
            {"domain": [0.56, 1], "range": [-0.03, 1.03], "tickformat": ".0%"},
        ),
        lower=("mean surprise of a token in bits", {"domain": [0, 0.42], "rangemode": "tozero", "nticks": 5}),
    )
    figure.update_layout(margin={"l": 56, "r": 12, "t": 48, "b": 120}, legend={"y": -0.22}, hovermode="closest")
    return figure


def _line(figure: Figure, values: Sequence[float], name: str, axis: str, colour: str, dash: str, unit: str) -> None:
    figure.add(
        scatter(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            yaxis=axis,
            name=name,
            mode="lines",
            showlegend=False,
            line={"color": colour, "dash": dash, "width": 3},
            hovertemplate=f"step %{{x}}: {unit}<extra>{name}</extra>",
        )
    )
