"""All heads as one tiled picture: the map from which one is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import around
from viz.base.figure import Figure, Trace, heatmap
from viz.base.text import escape
from viz.base.theme import Palette, even_ramp, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAP_WIDTH = 290  # px; what is left beside the large head on a screen of 1,400
MAP_HEIGHT = 440


def overview(
    picture: NDArray[np.uint8],
    *,
    pitch: int,
    gap: int,
    weight_code: int,
    causes: Sequence[str],
    facts: Sequence[Sequence[str]],
    opened: tuple[int, int],
    marked: Sequence[tuple[int, int]] = (),
    palette: Palette,
) -> Figure:
    """Return all layers (down) and heads (across) as one tiled picture, each head at its whole numbers.

    `picture` holds codes: 0 gap, then one per cause of `causes`, from `weight_code` to 255 the square root of the weight.
    `facts[L][H]` is what the hover adds to a head's name, in short lines. `opened` is framed; `marked` heads get a thin frame.
    """
    L, H = len(facts), len(facts[0])
    tile = min((MAP_WIDTH - 40) / H, MAP_HEIGHT / L)
    start = -0.5 + (0.5 + gap / 2) / pitch
    figure = Figure(tiles(picture, weight_code, causes, palette, first=(start, start), step=(1 / pitch, 1 / pitch)))
    figure.add(_heads(facts))
    style(figure, palette, height=round(34 + tile * L + 6))
    _axes(figure, L, H, max(1, -(-16 // int(tile))), palette)
    for layer, at in marked:
        _frame(figure, layer, at, palette.text, 1)
    _frame(figure, *opened, palette.accent, 3, name="opened")
    figure.update_layout(
        width=round(40 + tile * H),
        margin={"l": 36, "r": 4, "t": 34, "b": 6, "autoexpand": False},
        showlegend=False,
        hovermode="closest",
    )
    return figure


def tiles(
    picture: NDArray[np.uint8],
    weight_code: int,
    causes: Sequence[str],
    palette: Palette,
    *,
    first: tuple[float, float],
    step: tuple[float, float],
) -> Trace:
    """Return the trace of a tiled picture in codes: the x and y of its first cell, and how far it is to the next ones."""
    return heatmap(
        z=picture,
        name="weight",
        x0=first[0],
        dx=step[0],
        y0=first[1],
        dy=step[1],
        zmin=0,
        zmax=255,
        colorscale=_code_scale(palette, causes, weight_code),
        showscale=False,
        hoverinfo="skip",
        meta={"weight": f"((z - {weight_code}) / {255 - weight_code}) ** 2", "gap": 0, "blocked": list(causes)},
    )


def _axes(figure: Figure, layers: int, heads: int, every: int, palette: Palette) -> None:
    """Write the number of each `every`-th head on top and of such layers at the left."""
    ticks = {"tickfont": {"size": 13, "color": palette.muted}, "automargin": False, "ticklen": 0, "fixedrange": True}
    figure.update_xaxes(
        **ticks,
        range=[-0.5, heads - 0.5],
        side="top",
        tickvals=list(range(0, heads, every)),
        title=_title("head", palette),
    )
    figure.update_yaxes(
        **ticks, range=[layers - 0.5, -0.5], tickvals=list(range(0, layers, every)), title=_title("layer", palette)
    )


def _title(text: str, palette: Palette) -> dict[str, Any]:
    return {"text": text, "font": {"size": 13, "color": palette.muted}, "standoff": 2}


def _code_scale(palette: Palette, causes: Sequence[str], weight_code: int) -> list[tuple[float, str]]:
    """Return the colour scale of the codes 0 to 255: steps for gap and causes, then the ramp."""
    steps = [palette.paper, *(palette.causes[cause].tint for cause in causes)]
    scale = [((code + shift) / 255, colour) for code, colour in enumerate(steps) for shift in (-0.5, 0.4999)]
    scale[0] = (0.0, scale[0][1])
    ramp = [((weight_code + (255 - weight_code) * share) / 255, colour) for share, colour in even_ramp(palette)]
    return [*scale, ((weight_code - 0.5) / 255, ramp[0][1]), *ramp]


def _hover(facts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the hover text of each head, in short lines: the map is narrow, and plotly cuts what lies beyond it."""
    return [
        [f"layer {layer}, head {head}<br>" + escape(fact).replace("\n", "<br>") for head, fact in enumerate(row)]
        for layer, row in enumerate(facts)
    ]


def _heads(facts: Sequence[Sequence[str]]) -> Trace:
    """Return the trace `heads`: one cell per head over its tile, unseen, which says on hover which head it is."""
    return heatmap(
        z=np.zeros((len(facts), len(facts[0]))),
        name="heads",
        opacity=0,
        showscale=False,
        hovertext=_hover(facts),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _frame(figure: Figure, layer: int, head: int, colour: str, width: int, name: str | None = None) -> None:
    corners = around((layer, layer), (head, head))
    figure.add_shape(type="rect", **corners, line={"color": colour, "width": width}, name=name)
