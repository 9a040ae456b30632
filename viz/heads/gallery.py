"""Heads side by side as larger tiles with titles, and one measure of all heads as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import cell_texts, frame, legend_height
from viz.base.figure import Figure, Trace, heatmap
from viz.base.hatching import entry
from viz.base.text import escape
from viz.base.theme import Palette, Scale, even_ramp, ink, style, weight_colour, weight_scale
from viz.heads.overview import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, TITLE = 880, 30
SHOWN_WEIGHTS = (0.01, 0.1, 0.5, 1.0)  # in the legend


def gallery(
    pictures: Sequence[NDArray[np.uint8]],
    titles: Sequence[str],
    *,
    columns: int,
    weight_code: int,
    causes: Sequence[str],
    palette: Palette,
) -> Figure:
    """Return the tiles `pictures[T, T]` (codes as in the overview) in rows of `columns`, each under its title.

    Trace `weight` is the one picture; the tile of a row and column, with its title, stands at these whole numbers.
    The legend names some weights and the causes that occur.
    """
    rows, side = -(-len(pictures) // columns), pictures[0].shape[0]
    tile, pitch = WIDTH / columns, side + max(1, side // 12)
    high = pitch + round(pitch * TITLE / tile)  # cells of a row: a tile, and the title above it
    canvas = np.zeros((rows * high, columns * pitch), np.uint8)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, columns)
        canvas[(row + 1) * high - side : (row + 1) * high, column * pitch : column * pitch + side] = picture
    first, step = (-0.5 + 0.5 / pitch, -0.5 + 0.5 / high), (1 / pitch, 1 / high)
    figure = Figure(tiles(canvas, weight_code, causes, palette, first=first, step=step))
    names = [[escape(title) for title in titles[row * columns : (row + 1) * columns]] for row in range(rows)]
    entries = _legend(canvas, causes, palette)
    for name, colour in entries.items():
        figure.add(entry(name, {"color": colour}, palette))
    below = legend_height(entries)
    style(figure, palette, height=round((tile + TITLE) * rows + 6) + below)
    figure.update_xaxes(visible=False, range=[-0.5, columns - 0.5], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    notes = _titles(names, (high - side) / high, palette)
    figure.update_layout(annotations=notes, margin={"l": 2, "r": 2, "t": 4, "b": below})
    return figure


def _legend(canvas: NDArray[np.uint8], causes: Sequence[str], palette: Palette) -> dict[str, str]:
    """Return the colour of each entry of the legend of `canvas`, in the codes of the overview."""
    blocked = [palette.causes[cause] for code, cause in enumerate(causes, start=1) if (canvas == code).any()]
    return {f"weight {weight:g}": weight_colour(palette, weight) for weight in SHOWN_WEIGHTS} | {
        look.label: look.tint for look in blocked
    }


def _titles(names: Sequence[Sequence[str]], down: float, palette: Palette) -> list[dict[str, Any]]:
    """Return the annotations that stand on the tiles, `names[row][column]`; a tile begins `down` below its row's upper edge."""
    corner = {"showarrow": False, "xanchor": "left", "yanchor": "bottom", "font": {"size": 15, "color": palette.text}}
    return [
        corner | {"x": column - 0.5, "y": row - 0.5 + down, "text": f"<b>{name}</b>"}
        for row, line in enumerate(names)
        for column, name in enumerate(line)
    ]


def measure_map(
    values: NDArray[np.float32], *, title: str, share: bool, opened: tuple[int, int], palette: Palette
) -> Figure:
    """Return one measure of every head, `values[L, H]`, NaN where it is not defined; trace `measure`.

    Shares run over 0 to 1 on the scale of weights, so that maps compare; other measures from 0 to their largest.
    """
    L, H = values.shape
    top = 1.0 if share else max(float(np.nanmax(values)) if not np.isnan(values).all() else 1.0, 1e-6)
    scale = weight_scale(palette) if share else Scale(colours=even_ramp(palette, 33), high=top)
    cell, digits = min(44.0, 560 / max(H, 1)), ".0%" if share else ".3g"
    figure = Figure(
        heatmap(
            z=values.astype(float),
            name="measure",
            **scale.heatmap(),
            xgap=2,
            ygap=2,
            hovertemplate=f"layer %{{y}}, head %{{x}}<br>{escape(title)}: %{{z:{digits}}}<extra></extra>",
            hoverongaps=False,
        )
    )
    if cell >= 30:
        figure.add(_numbers(values, scale, share=share))
    style(figure, palette, height=round(54 + cell * L))
    ticks = {"tickfont": {"size": 14, "color": palette.muted}, "fixedrange": True}
    every = max(1, round(16 / cell))
    figure.update_xaxes(**ticks, side="top", tickvals=list(range(0, H, every)), title={"text": "head", "standoff": 2})
    figure.update_yaxes(
        **ticks, tickvals=list(range(0, L, every)), range=[L - 0.5, -0.5], title={"text": "layer", "standoff": 2}
    )
    figure.add_shape(**frame((opened[0], opened[0]), (opened[1], opened[1]), palette))
    figure.update_layout(width=round(60 + cell * H), margin={"l": 48, "r": 8, "t": 46, "b": 4, "autoexpand": False})
    return figure


def _numbers(values: NDArray[np.float32], scale: Scale, *, share: bool) -> Trace:
    """Return the trace that writes the measure into the cells where it is defined."""
    known = ~np.isnan(values)
    found = values[known].tolist()
    return cell_texts(
        np.argwhere(known),
        [f"{100 * value:.0f} %" if share else f"{value:.1f}" for value in found],
        name="numbers",
        size=13,
        colour=[ink(scale.colour(value)) for value in found],
        showlegend=False,
    )
