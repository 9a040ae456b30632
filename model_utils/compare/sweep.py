"""Rows that differ in one setting alone: a sweep, along which a measure may grow or fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS, BeamSetting
from model_utils.generate.filters.filter_settings import FILTERS

if TYPE_CHECKING:
    from model_utils.compare.settings import SettingsRow
    from model_utils.generate.filters.one_filter import Filter

LEAST = 3


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The one setting that differs: its `title`, the rows in the order of its value, and how each value reads."""

    title: str
    order: tuple[int, ...]
    ticks: tuple[str, ...]


def find_sweep(rows: Sequence[SettingsRow]) -> Sweep | None:
    """Return the sweep that `rows` are; None where they differ in more than one setting, or are fewer than LEAST."""
    if len(rows) < LEAST or len({row.seed for row in rows}) > 1 or len({row.settings.full_order for row in rows}) > 1:
        return None
    values: dict[Filter | BeamSetting, list[float]] = {
        one: [one.in_sweep(row.settings) for row in rows] for one in FILTERS
    }
    values |= {one: [one.in_sweep(row.beams) for row in rows] for one in BEAM_SETTINGS}
    differ = [one for one, found in values.items() if len(set(found)) > 1]
    if len(differ) != 1 or len(set(values[differ[0]])) < LEAST:
        return None
    one = differ[0]
    order = sorted(range(len(rows)), key=values[one].__getitem__)
    return Sweep(
        title=one.sweep_title or one.name, order=tuple(order), ticks=tuple(_tick(one, rows[row]) for row in order)
    )


def _tick(one: Filter | BeamSetting, row: SettingsRow) -> str:
    return one.reading(row.beams) if isinstance(one, BeamSetting) else one.reading(row.settings)
