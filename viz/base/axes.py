"""Axes, text at their edges, in cells and behind bars, frames of cells, as several pictures have them. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

from viz.base.figure import Figure, Trace, scatter
from viz.base.text import escape, shorten
from viz.base.theme import MIN_FONT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import Palette

# Up to so many columns each word stands upright and large.
FEW = 12
MOST_LABELS = 24

# px of a row of a legend, of the sign before a name in it, of a letter, and of the narrowest picture.
_LEGEND_ROW, _SIGN, _LETTER, _NARROW = 26, 60, 7.5, 330

KEY_HEIGHT = 26  # px of the line above a picture that names its colours

# A note that begins at the left edge of the plot.
FROM_LEFT: dict[str, Any] = {"xref": "paper", "x": 0, "xanchor": "left", "showarrow": False}


def key_above(parts: Iterable[tuple[str, str, str]], palette: Palette) -> dict[str, Any]:
    """Return the annotation that says in one line above a picture what its colours mean: of each colour, sign and name."""
    return {
        "xref": "paper",
        "x": 1,  # on a phone it reaches to the left, above the labels
        "xanchor": "right",
        "showarrow": False,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": "  ".join(f'<span style="color:{colour}">{sign}</span> {name}' for colour, sign, name in parts),
        "font": {"size": 14, "color": palette.muted},
    }


def after_gap(rank: int, palette: Palette) -> str:
    """Return what stands in front of the label of a row where ranks are left out before it."""
    return f'<span style="font-size:{MIN_FONT}px;color:{palette.muted}">rank {rank:,} </span>'


def word_columns(labels: Sequence[str], palette: Palette) -> dict[str, Any]:
    """Return the x axis of a picture with a column per word `labels[T]`, thinned out and slanted where they would touch."""
    T = len(labels)
    step = max(1, T // MOST_LABELS)
    return {
        "tickvals": list(range(0, T, step)),
        "ticktext": [escape(shorten(label, 9)) for label in labels[::step]],
        "tickangle": 0 if T <= FEW else -45,
        "tickfont": {"size": 17 if T <= FEW else 13, "color": palette.text},
        "range": [-0.5, T - 0.5],
        "fixedrange": True,
    }


def word_rows(
    texts: Sequence[str],
    palette: Palette,
    *,
    size: int,
    family: str | None = None,
    ends: tuple[float, float] = (0.6, 0.45),
) -> dict[str, Any]:
    """Return the y axis of a picture with a row per text, the first on top, and `ends` rows of room above and below."""
    return {
        "tickvals": list(range(len(texts))),
        "ticktext": list(texts),
        "tickfont": {"size": size, "family": family, "color": palette.text},
        "range": [len(texts) - ends[1], -ends[0]],
        "fixedrange": True,
    }


def behind_bars(
    ends: Sequence[float], texts: Sequence[str], *, size: int, colour: str | Sequence[str], name: str | None = None
) -> Trace:
    """Return the trace that writes `texts[n]` behind horizontal bars that reach to `ends[n]`. One trace: notes are slow."""
    return scatter(
        name=name,
        mode="text",
        x=list(ends),
        y=list(range(len(ends))),
        text=list(texts),
        textposition="middle right",
        textfont={"size": size, "color": colour},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Return `places` moved as little as it takes for neighbours to be at least `gap` from each other, in the same order."""
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[list[float]] = []  # of neighbours that touch: where the middle of the group is, how many it has
    for rank, at in enumerate(order):
        middle, count = places[at] - gap * rank, 1.0
        while groups and groups[-1][0] > middle:  # the mean of what has to give way: least squares
            before, many = groups.pop()
            middle, count = (before * many + middle * count) / (many + count), many + count
        groups.append([middle, count])
    moved = [middle for middle, count in groups for _ in range(int(count))]
    return [place for _, place in sorted(zip(order, (one + gap * rank for rank, one in enumerate(moved)), strict=True))]


def together(numbers: Sequence[int], most: int, between: str = ", ") -> str:
    """Return the numbers that share one place as a text: `most` of them at most, else the first and how many others."""
    return between.join(map(str, numbers)) if len(numbers) <= most else f"{numbers[0]} +{len(numbers) - 1}"


def cell_texts(
    cells: NDArray[Any],
    texts: Sequence[str],
    *,
    name: str,
    size: float | list[int],
    colour: str | Sequence[str],
    **options: Any,
) -> Trace:
    """Return the trace `name` that writes `texts[n]` into the cells `cells[n]`, each (row, column)."""
    return scatter(
        name=name,
        mode="text",
        x=cells[:, 1],
        y=cells[:, 0],
        text=list(texts),
        textfont={"size": size, "color": colour},
        **({"hoverinfo": "skip"} | options),
    )


def around(rows: tuple[int, int], columns: tuple[int, int]) -> dict[str, float]:
    """Return the corners of a shape around the cells from the first to the last of `rows` and `columns`."""
    return {"x0": columns[0] - 0.5, "x1": columns[1] + 0.5, "y0": rows[0] - 0.5, "y1": rows[1] + 0.5}


def frame(rows: tuple[int, int], columns: tuple[int, int], palette: Palette, width: float = 3) -> dict[str, Any]:
    """Return the accent's frame, a shape, around the cells from the first to the last of `rows` and `columns`."""
    return {"type": "rect", **around(rows, columns), "line": {"color": palette.accent, "width": width}}


def across(*, x: float | None = None, y: float | None = None) -> dict[str, Any]:
    """Return the shape of a line across the whole plot, at one `x` or one `y` of the first axes."""
    if y is None:
        return {"type": "line", "x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "yref": "y"}


def numbered(axis: str, number: int) -> str:
    """Return what plotly calls the axis of this number from 1, such as `x`, `x2`, `yaxis`, `yaxis2`."""
    return axis if number == 1 else f"{axis}{number}"


def legend_height(names: Iterable[str]) -> int:
    """Return the px that a legend of `names` takes below the narrowest picture."""
    return _LEGEND_ROW * ceil(_length(names) / _NARROW)


def legend_above(figure: Figure, names: Iterable[str]) -> Figure:
    """Return the figure with room for a legend of `names` above it; its browser takes back what a wider place leaves free."""
    takes = _length(names)
    figure.update_layout(meta={"legend": {"takes": takes, "row": _LEGEND_ROW, "narrow": _NARROW}})
    return figure.grow_above(_LEGEND_ROW * ceil(takes / _NARROW))


def _length(names: Iterable[str]) -> float:
    """Return the px of a legend of `names` in one line."""
    return sum(_SIGN + _LETTER * len(name) for name in names)
