"""Receptive fields as a matrix: after how many layers a token can change a row. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from viz.base.axes import frame
from viz.base.hatching import HOVER_UP_TO, entry
from viz.base.matrix import LEGIBLE, Look, Numbers, matrix
from viz.base.text import escape
from viz.base.theme import Scale, ink, ramp_colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.figure import Figure
    from viz.base.theme import Palette

NAME = "layers"


def tone(layers: int, most: int) -> float:
    """Return the place on the ramp, 0 to 1, of a token that is reached after so many layers: the sooner, the stronger."""
    return 0.95 - 0.75 * (max(layers, 1) - 1) / max(most - 1, 1)


def colours(layers: int, most: int, palette: Palette) -> tuple[str, str]:
    """Return (ground, ink) of a word reached after `layers` layers of at most `most`; 0, the word itself, is off the ramp."""
    ground = palette.surface if layers == 0 else ramp_colour(palette, tone(layers, most))
    return ground, ink(ground)


def after_layers(layers: int) -> str:
    """Return in words when a word is reached: `directly`, `after 3 layers`, `never`."""
    if layers < 0:
        return "never"
    return ("itself", "directly")[layers] if layers < 2 else f"after {layers} layers"


def receptive_field(after: NDArray[Any], *, labels: Sequence[str], palette: Palette, row: int) -> Figure:
    """Return the matrix of `after[T, T]`: layers until token k can change row q, NaN in z where it never can.

    Trace `layers` holds the numbers; `row` is framed. 0 is the word itself.
    """
    T, most = len(labels), max(int(after.max()), 1)
    unreached = replace(palette.causes["pattern"], label="never reached")
    scale = Scale(colours=[(n / most, colours(n, most, palette)[0]) for n in range(most + 1)], high=most)
    figure = matrix(
        after,
        labels=labels,
        palette=replace(palette, causes={"pattern": unreached}),
        causes={"pattern": after < 0},
        look=Look(scale=scale, numbers=Numbers(text="{:.0f}".format, short="{:.0f}".format, least=LEGIBLE)),
        hover=_hover(after, labels) if T <= HOVER_UP_TO else None,
        name=NAME,
    )
    for layers in range(most + 1) if most <= 3 else (0, 1, most):
        figure.add(entry(after_layers(layers), {"color": scale.colour(layers)}, palette))
    figure.add_shape(**frame((row, row), (0, T - 1), palette))
    return figure


def _hover(after: NDArray[Any], labels: Sequence[str]) -> list[list[str]]:
    names = [escape(label) for label in labels]
    return [
        [
            f"<b>{query}</b> is reached by <b>{key}</b>: {after_layers(layers)}"
            for key, layers in zip(names, row, strict=True)
        ]
        for query, row in zip(names, after.tolist(), strict=True)
    ]
