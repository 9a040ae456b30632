"""Several small plots in one figure: where each stands, what it is called, what its axes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from viz.base.axes import FROM_LEFT
from viz.base.text import escape

if TYPE_CHECKING:
    from viz.base.figure import Figure
    from viz.base.theme import Palette

COLUMNS = 2
# In shares of the width: of one panel, and from where one begins to where the next does.
_WIDTH, _PITCH = 0.46, 0.54


def heading(text: str, palette: Palette, *, y: float, x: float = 0.0) -> dict[str, Any]:
    """Return the annotation that stands on a panel which ends at `y` and begins at `x`, in shares of the figure."""
    font = {"size": 15, "color": palette.text}
    return FROM_LEFT | {
        "text": text,
        "align": "left",
        "yref": "paper",
        "x": x,
        "y": y,
        "yanchor": "bottom",
        "font": font,
    }


def counted(
    title: str, first: int, last: int, palette: Palette, *, pad: tuple[float, float], parts: int = 10
) -> dict[str, Any]:
    """Return an x axis from `first` to `last` and `pad` around them, multiples written so that `last` has at most `parts`."""
    return {
        "title": {"text": title, "font": {"size": 15, "color": palette.muted}},
        "range": [first - pad[0], last + pad[1]],
        "tick0": 0,
        "dtick": max(1, -(-last // parts)),
    }


def one_above_other(
    figure: Figure,
    palette: Palette,
    *,
    across: dict[str, Any],
    upper: tuple[str, dict[str, Any]],
    lower: tuple[str, dict[str, Any]],
) -> None:
    """Give `figure` two panels, y and y2, over one x axis `across`: for each its heading and its axis with a domain.

    The headings take the place of the annotations that the figure has.
    """
    shared = {"showgrid": True, "gridcolor": palette.line, "fixedrange": True, "tickfont": {"size": 15}}
    figure.update_layout(
        xaxis=shared | across | {"anchor": "y2"},
        yaxis=shared | upper[1],
        yaxis2=shared | lower[1] | {"anchor": "x"},
        annotations=[heading(text, palette, y=axis["domain"][1]) for text, axis in (upper, lower)],
    )


def place(number: int) -> tuple[str, tuple[float, float], int]:
    """Return of panel `number` in lines of COLUMNS: what ends the names of its axes, its share of the width, its line."""
    line, column = divmod(number, COLUMNS)
    left = column * _PITCH
    return "" if number == 0 else str(number + 1), (left, left + _WIDTH), line


def lines_of(panels: Sequence[object]) -> int:
    """Return how many lines of COLUMNS the panels fill."""
    return -(-len(panels) // COLUMNS)


def bold(title: str) -> str:
    """Return a title as the markup of a heading."""
    return f"<b>{escape(title)}</b>"
