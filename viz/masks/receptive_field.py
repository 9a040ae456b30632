"""Reach as a matrix: after how many layers a row has heard of a token. Axes: Q down, K right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from viz.base.hatching import HOVER_UP_TO
from viz.base.matrix import NUMBERS_UP_TO, matrix
from viz.base.text import escape
from viz.base.theme import Palette, ramp_colour
from viz.masks.mask import entry, without_bar

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tone(layers: int, most: int) -> float:
    """Return the place on the ramp, 0 to 1, of what is heard after so many layers: the sooner, the stronger."""
    return 0.95 - 0.75 * (max(layers, 1) - 1) / max(most - 1, 1)


def colours(layers: int, most: int, palette: Palette) -> tuple[str, str]:
    """Return (ground, ink) of a word heard after `layers` layers of at most `most`; 0 is the word itself."""
    place = tone(layers, most)
    return ramp_colour(palette, place), palette.paper if place > 0.45 else palette.text


def told(layers: int) -> str:
    """Return in words how a word is heard: `directly`, `after 3 layers`, `never`."""
    if layers < 0:
        return "never"
    return ("itself", "directly")[layers] if layers < 2 else f"after {layers} layers"


def reach(after: NDArray[Any], *, labels: Sequence[str], palette: Palette, row: int) -> go.Figure:
    """Return the matrix of `after[T, T]`: layers until row q hears token k, NaN in z where it never does.

    Trace `layers` holds the numbers; `row` is framed. 0 is the word itself.
    """
    T, most = len(labels), max(int(after.max()), 1)
    never = after < 0
    place = np.where(never, np.nan, np.vectorize(lambda n: tone(int(n), most) ** 2)(after)).astype(np.float32)
    names = [escape(label) for label in labels]
    hover = [
        [f"<b>{query}</b> hears <b>{key}</b>: {told(int(after[q, k]))}" for k, key in enumerate(names)]
        for q, query in enumerate(names)
    ]
    hover_or_none = hover if T <= HOVER_UP_TO else None
    figure = matrix(
        place, labels=labels, palette=palette, causes={"pattern": never}, hover=hover_or_none, name="layers"
    )
    without_bar(figure, "layers", labels)
    for trace in figure.select_traces(selector={"type": "bar"}):
        trace.name = "never heard"
    if T <= NUMBERS_UP_TO:
        _write(figure, after, palette, most)
    for layers in range(1, most + 1):
        name = told(layers) if most <= 3 or layers in (1, most) else None
        if name:
            figure.add_trace(entry(name, colours(layers, most, palette)[0], palette))
    line = {"color": palette.accent, "width": 3}
    figure.add_shape(type="rect", x0=-0.5, x1=T - 0.5, y0=row - 0.5, y1=row + 0.5, line=line)
    return _with_layers(figure, np.where(never, np.nan, after.astype(np.float32)), most)


def _write(figure: go.Figure, after: NDArray[Any], palette: Palette, most: int) -> None:
    """Write the numbers of layers into the cells, in place of the shades."""
    for trace in figure.select_traces(selector={"name": "numbers"}):
        counts = [int(after[int(q), int(k)]) for q, k in zip(trace.y, trace.x, strict=True)]
        trace.update(
            text=[str(count) for count in counts],
            textfont={"color": [colours(count, most, palette)[1] for count in counts]},
        )


def _with_layers(figure: go.Figure, layers: NDArray[Any], most: int) -> go.Figure:
    """Return the figure with the counts of layers as its z: the scale is turned so that fewer layers are stronger."""
    for trace in figure.select_traces(selector={"type": "heatmap"}):
        ramp = list(trace.colorscale)
        steps = [(step / max(most, 1), step) for step in range(most + 1)]
        trace.update(
            z=layers,
            zmin=0,
            zmax=max(most, 1),
            colorscale=[(at, _at(ramp, tone(step, most) ** 2)) for at, step in steps],
        )
    return figure


def _at(scale: list[tuple[float, str]], place: float) -> str:
    """Return the colour of a scale nearest to `place`."""
    return min(scale, key=lambda stop: abs(stop[0] - place))[1]
