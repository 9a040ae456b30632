"""One attention head, large. Axes: Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import frame
from viz.base.geometry import geometry
from viz.base.hatching import HOVER_UP_TO, first_cause, spans, visible
from viz.base.matrix import LETTER, matrix, set_empty_rows_apart
from viz.base.text import escape, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.figure import Figure
    from viz.base.theme import Palette


TITLE, TITLE_FONT = 42, 17  # px of two lines above the matrix
NAME, HIGH = 14, 24  # px of what blocks, written into its cells, and of the lowest that hold it


def head(
    weights: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    last: int,
    chosen: int | None = None,
    pieces: Sequence[tuple[int, int, str]] = (),
    name: str = "",
    title: str = "",
) -> Figure:
    """Return the figure of one head: `weights[T, T]` under the blocked cells of each cause `[T, T]`.

    `last` is the row that predicts the next word, `chosen` one to frame; `pieces` are (first, last, character) of tokens
    that are bytes of one character; `name`, such as `layer 3<br>head 3`, is written beside the colour bar. `title`, markup
    of two lines, stands above the matrix.
    """
    z, shown = visible(weights.astype(np.float32), causes), _joined(labels, pieces)
    hover = _hover(z, shown, causes, palette) if len(labels) <= HOVER_UP_TO else None
    figure = with_empty_rows(z, labels=shown, palette=palette, causes=causes, hover=hover, last=last)
    if chosen is not None:
        figure.add_shape(**frame((chosen, chosen), (0, len(labels) - 1), palette), name="chosen")
    for start, end, _ in pieces:
        _bracket(figure, start, end, palette)
    _name_causes(figure, causes, z, palette, geometry(shown, None, palette.sizes).cell)
    if name:
        _write_name(figure, name, palette)
    return _titled(figure, title, palette) if title else figure


def with_empty_rows(
    values: NDArray[Any],
    *,
    labels: Sequence[str],
    causes: Mapping[str, NDArray[np.bool_]],
    palette: Palette,
    width: int | None = None,
    **options: Any,
) -> Figure:
    """Return the matrix of `values[T, T]`, with more `options` of `matrix`, whose rows that may read nothing say so."""
    figure = matrix(values, labels=labels, causes=causes, palette=palette, width=width, **options)
    set_empty_rows_apart(figure, visible(values, causes), palette, geometry(labels, width, palette.sizes).cell)
    return figure


def _titled(figure: Figure, title: str, palette: Palette) -> Figure:
    """Return `figure` with two lines of text on top."""
    at: dict[str, Any] = {
        "xref": "container",
        "x": 0,
        "yref": "container",
        "y": 1,
        "yanchor": "top",
        "pad": {"t": 14, "l": 4},
    }
    font = {"size": TITLE_FONT, "color": palette.text}
    return figure.grow_above(TITLE).update_layout(title={"text": title, "font": font, **at})


def _write_name(figure: Figure, name: str, palette: Palette) -> None:
    """Write beside the colour bar which head this is, so that a downloaded picture says it."""
    figure.add_annotation(
        name="opened",
        text=name,
        xref="x domain",
        yref="y domain",
        x=0,
        y=0,
        xshift=-8,
        yshift=-34,
        xanchor="right",
        yanchor="top",
        align="right",
        showarrow=False,
        font={"size": 14, "color": palette.text},
    )


def _name_causes(
    figure: Figure, causes: Mapping[str, NDArray[np.bool_]], z: NDArray[Any], palette: Palette, cell: float
) -> None:
    """Write into the blocked cells what blocks them, where there is room: the legend is below the first screen."""
    live = ~np.isnan(z).all(-1)  # (Q,)
    for cause, cells in first_cause(causes, z.shape).items():
        runs = [(end - start, row, start) for row in np.flatnonzero(live).tolist() for start, end in spans(cells[row])]
        text = palette.causes[cause].label.removeprefix("blocked: ")
        longest = max((length for length, _, _ in runs), default=-1)
        if cell < HIGH or (longest + 1) * cell < len(text) * LETTER * NAME + 16:
            continue
        rows = [(row, start) for length, row, start in runs if length == longest]
        row, start = rows[len(rows) // 2]
        figure.add_annotation(
            name="cause",
            x=start + longest / 2,
            y=row,
            text=text,
            showarrow=False,
            font={"size": NAME, "color": palette.muted},
            bgcolor=palette.paper,
        )


def _joined(labels: Sequence[str], pieces: Sequence[tuple[int, int, str]]) -> list[str]:
    """Return the labels, those of a split character with the character before its bytes."""
    found = list(labels)
    for start, end, character in pieces:
        for i in range(start, end + 1):
            found[i] = f"{character} {labels[i].lstrip('␣')}"
    return found


def _hover(
    z: NDArray[Any], labels: Sequence[str], causes: Mapping[str, NDArray[np.bool_]], palette: Palette
) -> list[list[str]]:
    """Return the hover text of each cell: the weight and its rank in the row, or every cause why there is none."""
    names = [escape(label) for label in labels]
    # From 1; blocked cells, which are NaN, come last and have no use for theirs.
    ranks = np.argsort(np.argsort(-z, axis=-1, kind="stable"), axis=-1, kind="stable") + 1

    def text(q: int, k: int) -> str:
        if np.isnan(z[q, k]):
            reasons = " and ".join(palette.causes[cause].reason for cause, cells in causes.items() if cells[q, k])
            return f"<b>{names[q]}</b> may not read <b>{names[k]}</b>: {reasons}"
        read = f"weight {number(float(z[q, k]))}, rank {ranks[q, k]} of the row"
        return f"<b>{names[q]}</b> reads <b>{names[k]}</b>: {read}"

    return [[text(q, k) for k in range(len(names))] for q in range(len(names))]


def _bracket(figure: Figure, start: int, end: int, palette: Palette) -> None:
    """Draw a line beside the labels of tokens that are one character, on both axes."""
    ends = {"type": "line", "line": {"color": palette.accent, "width": 3}}
    a, b = start - 0.4, end + 0.4
    figure.add_shape(**ends, xref="x", yref="y domain", x0=a, x1=b, y0=1, y1=1, yanchor="y")
    figure.add_shape(**ends, xref="x domain", yref="y", x0=0, x1=0, y0=a, y1=b)
