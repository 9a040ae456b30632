"""One token x token matrix: separate cells, blocked cells receding under the mark of their cause. Axes: Q down, K right."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import around, cell_texts
from viz.base.figure import Figure, Trace, heatmap, scatter
from viz.base.geometry import WIDTH, Geometry, breadth, geometry
from viz.base.hatching import area, first_cause, spans, swatch, visible
from viz.base.text import brief, escape, number, shorten
from viz.base.theme import WEIGHT_TICKS, Palette, Scale, even_ramp, ink, style, weight_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Above this many tokens no numbers are drawn in the cells.
NUMBERS_UP_TO = 24
LETTER = 0.52  # the width of a letter, as a share of its size
LEGIBLE = 10  # px; smaller numbers are seen on hover alone

LEGEND_ENTRY, LEGEND_LINE = 180, 26  # px of one entry below the matrix, and of one line of them

# px below the cells: with a bar and one line of the legend; for the legend alone; for one entry of it where each has a line.
BELOW, BELOW_LEGEND, BELOW_STACKED = 100, 84, 23

# What stands beside the last row's label, and the px that it takes with the gap before it: as much of it as there is room.
ROLES = {"→ next word": 84, "→ next": 56}
CORNER = "rows ↓ read<br>columns →"  # what is what, where nothing else is said
EDGE = 8  # px between a label and the edges of its place
NEXT = 66  # px of “→ next” and of the gaps around it


def one_size(texts: Sequence[str], cell: float) -> int:
    """Return the px at which the longest of `texts` fits into a cell of `cell` px."""
    widest = max((len(text) for text in texts), default=1)
    return int(min(18, cell * 0.36, cell * 0.92 / (0.56 * widest)))


def full_size(texts: Sequence[str], cell: float) -> int:
    """Return the px at which the longest of `texts` nearly fills a cell of `cell` px: a point is half as wide as a digit."""
    widest = max((len(text) - 0.5 * text.count(".") for text in texts), default=1)
    return int(min(18, cell * 0.55, cell * 0.94 / (0.53 * widest)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """What is written into the cells: `text` of a value, in px that `sizes` returns for all texts and the side of a cell.

    `short` takes the place of `text` where numbers are brief, or the size would be below `least`; where it still is, nothing
    is written. Only into the cells of `where`, `[T, T]`, where given.
    """

    text: Callable[[float], str] = number
    short: Callable[[float], str] = brief
    sizes: Callable[[Sequence[str], float], int] = one_size
    where: NDArray[np.bool_] | None = None
    least: int = LEGIBLE


# Of a matrix beside another one: none where they would be too small to read.
SMALL = Numbers(least=11)


def small_numbers(matrices: Sequence[tuple[NDArray[Any], Sequence[str]]], palette: Palette, width: int) -> Numbers:
    """Return what is written into matrices beside each other: the same in all, short where one of them has no more room.

    `matrices` are values[T, T], NaN where blocked, and labels of each, `width` the px of each.
    """
    for values, labels in matrices:
        texts = (
            [SMALL.text(value) for value in values[~np.isnan(values)].tolist()] if len(labels) <= NUMBERS_UP_TO else []
        )
        if SMALL.sizes(texts, geometry(labels, width, palette.sizes).cell) < SMALL.least:
            return replace(SMALL, text=SMALL.short)
    return SMALL


@dataclass(frozen=True, kw_only=True)
class ColourBar:
    """The bar that explains the colours: its own scale, `ticks` on it, and the legend's name of what is 0."""

    scale: Scale
    ticks: Mapping[float, str]
    zero: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """How the values of a matrix are drawn: their colours, what is written into the cells, what explains the colours.

    `title` stands below the cells, beside the bar. Without either the legend moves up to the cells.
    """

    scale: Scale
    numbers: Numbers = Numbers()
    bar: ColourBar | None = None
    title: str = ""


def weight_look(
    palette: Palette, *, top: float = 1.0, ticks: Sequence[float] = WEIGHT_TICKS, numbers: Numbers | None = None
) -> Look:
    """Return the look of attention weights from 0 to `top`, with `ticks` on their bar, which is spaced as the colours are."""
    named = {(tick / top) ** 0.5: f"{tick:.2g}" for tick in ticks}
    bar = ColourBar(scale=Scale(colours=even_ramp(palette)), ticks=named, zero="small weight")
    return Look(scale=weight_scale(palette, top), numbers=numbers or Numbers(), bar=bar, title="weight")


def matrix(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    palette: Palette,
    causes: Mapping[str, NDArray[np.bool_]],
    look: Look | None = None,
    hover: Sequence[Sequence[str]] | str | None = None,
    hover_on_gaps: bool = True,
    name: str = "weight",
    width: int | None = None,
    corner: str = CORNER,
    last: int | None = None,
    widen: bool = False,
) -> Figure:
    """Return the figure of `values[T, T]`, as attention weights or by `look`; z is NaN where one of `causes` `[T, T]` blocks.

    `labels` are plain text; `hover` holds finished (escaped) sentences, one per cell, or a template of plotly. `corner`
    says what rows and columns are. The label of row `last` says that it predicts the next word, as far as there is room;
    with `widen` the figure makes room. Traces: the matrix itself, named `name`; for each cause that occurs its hatched
    area and its entry in the legend, an overlap under the first that names it; the numbers in the cells; the colour bar.
    """
    T, look = len(labels), look or weight_look(palette)
    if palette.sizes.brief:
        shortened = replace(look.numbers, text=look.numbers.short, sizes=full_size, least=palette.sizes.least)
        look = replace(look, numbers=shortened)
    z = visible(values, causes)  # (Q, K)
    short = [shorten(label) for label in labels]
    place = geometry(labels, width, palette.sizes)
    if last is not None and widen and not place.two_lines:
        place = replace(place, left=max(place.left, round(breadth(short[last], place.font)) + NEXT))
    blocked = [
        trace
        for cause, cells in first_cause(causes, z.shape).items()
        if cells.any()
        for trace in (area(cause, cells, palette, cell=place.cell, gap=place.gap(T)), swatch(cause, palette))
    ]
    cells = _cells(z, look.scale, place, hover, name, hover_on_gaps)
    figure = Figure([cells, *blocked, *_numbers(z, look, place.cell), *_bar(look, palette)])
    _lay_out(figure, palette, place, look, T, entries=1 + len(blocked) // 2, narrow=width is not None and width < WIDTH)
    _axes(figure, labels, palette, place, _row_labels(short, place, palette, last, widen=widen))
    _directions(figure, palette, corner, look.title)
    return figure.update_layout(uirevision=f"{name} {T}", hovermode="closest")


def set_empty_rows_apart(figure: Figure, z: NDArray[Any], palette: Palette, cell: float) -> None:
    """Fade the rows of `z[T, T]` that may read nothing, and write so across them, in cells of `cell` px."""
    read = np.flatnonzero(~np.isnan(z).all(0))  # the words, which a narrow screen shows first
    middle = float(read.mean()) if len(read) else (len(z) - 1) / 2
    for top, bottom in spans(np.isnan(z).all(-1)):
        corners = around((top, bottom), (0, len(z) - 1))
        figure.add_shape(type="rect", **corners, line={"width": 0}, fillcolor=palette.paper, opacity=0.6)
        size = int(min(18, max(12, (bottom - top + 1) * cell * 0.5)))
        text = "reads nothing" if top == bottom else "read nothing"
        half = (len(text) * LETTER * size / 2 + 4) / cell  # in columns
        figure.add_annotation(
            x=max(min(middle, len(z) - 0.5 - half), half - 0.5),
            y=(top + bottom) / 2,
            text=text,
            showarrow=False,
            font={"size": size, "color": palette.text},
            bgcolor=palette.paper,
            borderpad=4,
        )


def _cells(
    z: NDArray[Any],
    scale: Scale,
    place: Geometry,
    hover: Sequence[Sequence[str]] | str | None,
    name: str,
    hover_on_gaps: bool,
) -> Trace:
    gap, texts = place.gap(len(z)), None if isinstance(hover, str) else hover
    template = "%{hovertext}" if texts else hover or "“%{y}” reads “%{x}”: weight %{z:.2~g}"
    return heatmap(
        z=z,
        name=name,
        **scale.heatmap(),
        xgap=gap,
        ygap=gap,
        hovertext=texts,
        hoverongaps=texts is not None and hover_on_gaps,
        hovertemplate=f"{template}<extra></extra>",
    )


def _numbers(z: NDArray[Any], look: Look, cell: float) -> list[Trace]:
    """Return the trace of the numbers in the cells, none where there is no room or nothing to write."""
    cells = np.argwhere(_written_cells(z, look.numbers))
    if len(z) > NUMBERS_UP_TO or not len(cells):
        return []
    short = replace(look, numbers=replace(look.numbers, text=look.numbers.short))
    candidates = (written(z, one, cell) for one in (look, short))
    text = next((one for one in candidates if one["textfont"]["size"] >= look.numbers.least), None)
    if text is None:
        return []
    size, colour = text["textfont"]["size"], text["textfont"]["color"]
    return [cell_texts(cells, text["text"], name="numbers", size=size, colour=colour, showlegend=False)]


def written(z: NDArray[Any], look: Look, cell: float) -> dict[str, Any]:
    """Return what is written into the cells of `z[T, T]`, `cell` px wide, how large and in which colours, row by row."""
    values = z[_written_cells(z, look.numbers)].tolist()
    texts = [look.numbers.text(value) for value in values]
    colours = [ink(look.scale.colour(value)) for value in values]
    return {"text": texts, "textfont": {"size": look.numbers.sizes(texts, cell), "color": colours}}


def _written_cells(z: NDArray[Any], numbers: Numbers) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = ~np.isnan(z)
    return known if numbers.where is None else known & numbers.where


def _bar(look: Look, palette: Palette) -> list[Trace]:
    """Return the trace that carries the colour bar, and in the legend a swatch of 0; none for a look without a bar."""
    if look.bar is None:
        return []
    colours = look.bar.scale.heatmap()
    marker = {
        "symbol": "square",
        "size": 15,
        "color": [0.0],
        "cmin": colours["zmin"],
        "cmax": colours["zmax"],
        "colorscale": colours["colorscale"],
        "line": {"width": 1, "color": palette.line},
        "colorbar": {
            "orientation": "h",
            "thickness": 12,
            "len": 1,
            "x": 0.5,
            "y": 0,
            "yanchor": "top",
            "ypad": 14,
            "xpad": 0,
            "outlinewidth": 0,
            "tickvals": list(look.bar.ticks),
            "ticktext": list(look.bar.ticks.values()),
            "tickfont": {"size": 14, "color": palette.muted},
        },
    }
    return [scatter(x=[None], y=[None], name=look.bar.zero, mode="markers", marker=marker, hoverinfo="skip")]


def _lay_out(
    figure: Figure, palette: Palette, place: Geometry, look: Look, tokens: int, *, entries: int, narrow: bool
) -> None:
    """Give the figure its size: room at the sides, and below for the bar and a legend of so many entries."""
    side = place.cell * tokens
    if look.title:
        lines = math.ceil(entries / max(1, int(side) // LEGEND_ENTRY))
        below, legend = BELOW + LEGEND_LINE * (lines - 1), 56
    else:
        # Softened cells, drawn later, have an entry too.
        below, legend = max(14 + BELOW_STACKED * (entries + 1), BELOW_LEGEND) if narrow else BELOW_LEGEND, 14
    style(figure, palette, height=place.top + round(side) + below)
    figure.update_layout(
        width=place.left + round(side) + place.right,
        margin={"l": place.left, "r": place.right, "t": place.top, "b": below, "autoexpand": False},
        legend={"y": -legend / side, "font": {"size": 15}, "itemclick": False, "itemdoubleclick": False},
    )


def _axes(figure: Figure, labels: Sequence[str], palette: Palette, place: Geometry, rows: Mapping[int, str]) -> None:
    """Put the tokens on both axes, thinned out where they would touch: keys on top, queries, as `rows` says, at the left."""
    T = len(labels)
    columns = {i: escape(shorten(labels[i])) for i in range(0, T, place.step)}
    common = {
        "tickmode": "array",
        "labelalias": {str(i): escape(label) for i, label in enumerate(labels)} if place.step > 1 else None,
        "tickfont": {"size": place.font, "color": palette.text},
        "automargin": False,
        "ticklabeloverflow": "allow",  # the margins hold them all; looking for some to hide is a third of drawing
        "ticklabelstandoff": 5,
        "constrain": "domain",
        "showspikes": T > NUMBERS_UP_TO,  # lines to the labels would strike out the numbers
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": palette.accent,
    }
    figure.update_xaxes(
        **common,
        range=[-0.5, T - 0.5],
        side="top",
        tickangle=0 if place.upright else -45,
        tickvals=list(columns),
        ticktext=list(columns.values()),
    )
    figure.update_yaxes(
        **common, range=[T - 0.5, -0.5], scaleanchor="x", tickvals=list(rows), ticktext=list(rows.values())
    )


def _row_labels(
    short: Sequence[str], place: Geometry, palette: Palette, last: int | None, *, widen: bool
) -> dict[int, str]:
    """Return the labels at the left by their rows; that of row `last` says what the row is for."""
    shown = {i: escape(short[i]) for i in range(0, len(short), place.step)}
    if last is None:
        return shown
    if last not in shown:
        shown = {i: label for i, label in shown.items() if abs(i - last) >= place.step}
    room = place.left - EDGE - (0 if place.two_lines else breadth(short[last], place.font))
    role = next((role for role, width in ROLES.items() if width <= room), "→")
    if widen and not place.two_lines:
        role = "→ next"
    label = f'<b style="color:{palette.accent}">{escape(short[last])}</b>'
    between = "<br>" if place.two_lines else " "
    return {**shown, last: f'{label}{between}<span style="color:{palette.accent};font-size:14px">{role}</span>'}


def _directions(figure: Figure, palette: Palette, corner: str, title: str) -> None:
    """Say in the corner what rows and columns are, and beside the bar what the colours are."""
    common = {"xref": "x domain", "yref": "y domain", "x": 0, "xshift": -8, "xanchor": "right", "showarrow": False}
    font = {"size": 14, "color": palette.muted}
    figure.add_annotation(
        **common, name="corner", text=corner, align="right", y=1, yshift=4, yanchor="bottom", font=font
    )
    if title:
        figure.add_annotation(**common, text=title, y=0, yshift=-8, yanchor="top", font=font)
