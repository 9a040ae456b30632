"""Rows that differ in one setting alone: a sweep, along which a measure may grow or fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.compare.settings import Row
    from model_utils.generate.filters import SamplingSettings

LEAST = 3


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The one setting that differs: its `title`, the rows in the order of its value, and how each value reads."""

    title: str
    order: tuple[int, ...]
    ticks: tuple[str, ...]


# The value of each setting as a number by which rungs are ordered (off is the largest k), and how it reads.
_READ: dict[str, tuple[str, Callable[[SamplingSettings], float], Callable[[SamplingSettings], str]]] = {
    "k": ("k", lambda s: s.top_k or float("inf"), lambda s: f"{s.top_k:,}" if s.top_k else "off"),
    "p": ("p", lambda s: s.top_p, lambda s: f"{s.top_p:g}" if s.top_p < 1 else "off"),
    "t": ("the temperature", lambda s: s.temperature, lambda s: f"{s.temperature:g}"),
    "m": ("min-p", lambda s: s.min_p, lambda s: f"{s.min_p:g}" if s.min_p else "off"),
}


def find_sweep(rows: Sequence[Row]) -> Sweep | None:
    """Return the sweep that `rows` are; None where they differ in more than one setting, or are fewer than LEAST."""
    if len(rows) < LEAST or len({row.seed for row in rows}) > 1 or len({row.settings.order for row in rows}) > 1:
        return None
    values = {letter: [read(row.settings) for row in rows] for letter, (_, read, _) in _READ.items()}
    differ = [letter for letter, found in values.items() if len(set(found)) > 1]
    if len(differ) != 1 or len(set(values[differ[0]])) < LEAST:
        return None
    title, _, told = _READ[differ[0]]
    order = sorted(range(len(rows)), key=values[differ[0]].__getitem__)
    return Sweep(title=title, order=tuple(order), ticks=tuple(told(rows[row].settings) for row in order))
