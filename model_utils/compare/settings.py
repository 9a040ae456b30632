"""Settings side by side: the compact text that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS, BEAMS_BY_LETTER, BeamSetting, BeamSettings
from model_utils.generate.filters.filter_settings import BY_LETTER, FILTERS, GENERATE_ORDER, SamplingSettings
from model_utils.generate.filters.one_filter import Filter
from model_utils.limits import MAX_BEAMS, MAX_SETTINGS

# What a row does not name.
OFF: dict[str, Any] = {one.field: one.off for one in FILTERS} | {one.field: one.off for one in BEAM_SETTINGS}
_BEAM_FIELDS = tuple(one.field for one in BEAM_SETTINGS)
_FILTER_FIELDS = tuple(one.field for one in FILTERS)
_LETTERS: dict[str, Filter | BeamSetting] = {**BY_LETTER, **BEAMS_BY_LETTER}
SEED_DIGITS = 20  # those of the largest seed


@dataclass(frozen=True, kw_only=True)
class SettingsRow:
    """One row to compare: how it draws, and its own seed where it has one (None: the page's); or how it searches beams.

    The seed that `settings` carries is not used: `seeded` puts in the one that counts. `make_row` makes one that holds
    nothing without an effect.
    """

    settings: SamplingSettings
    seed: int | None = None
    beams: BeamSettings = field(default_factory=BeamSettings)

    def seeded(self, seed: int) -> SamplingSettings:
        """Return the settings with this row's own seed, else with `seed`; a beam search has none."""
        if self.beams.on:
            return self.settings
        return replace(self.settings, seed=seed if self.seed is None else self.seed)

    @property
    def values(self) -> dict[str, Any]:
        """Return all values by their names, those that are off too, as `make_row` takes them: of filters, their order, of beams.

        A beam search has no temperature: it is off.
        """
        filters = {name: getattr(self.settings, name) for name in (*_FILTER_FIELDS, "order")}
        filters |= {"temperature": OFF["temperature"]} if self.beams.on else {}
        return filters | {name: getattr(self.beams, name) for name in _BEAM_FIELDS}


def make_row(values: Mapping[str, Any], seed: int | None = None) -> SettingsRow:
    """Return the row of these values, by the names of FILTERS, of BEAM_SETTINGS and `order`; what is left out is off.

    Raises InputError for a value outside its bounds, and for one that has no effect in this row.
    """
    found = OFF | dict(values)
    beams = BeamSettings(**{name: found.pop(name) for name in _BEAM_FIELDS})
    settings = SamplingSettings(**found)
    if not beams.on:
        if beams != BeamSettings():
            raise InputError(
                f"A length penalty and early stopping belong to a beam search: add the number of beams, b2 to b{MAX_BEAMS}."
            )
        row = SettingsRow(settings=settings, seed=seed)
        row.seeded(0)
        return row
    idle = [one.name for one in settings.on if not one.processor]
    idle += ["the order"] if settings.full_order != GENERATE_ORDER else []
    idle += ["a seed"] if seed is not None else []
    if idle:
        raise InputError(
            f"A beam search draws nothing, so {', '.join(idle)} would have no effect: leave out either that or the beams."
        )
    return SettingsRow(settings=replace(settings, temperature=0.0, order=SamplingSettings.order), beams=beams)


def parse(text: str) -> tuple[SettingsRow, ...]:
    """Return the rows that a settings text names: `t0.7,p0.9;k50` are two of them.

    Rows stand between semicolons, values between commas: a filter by its letter in FILTERS, `o` the order of the filters,
    `s` a seed of the row's own, beams by their letters in BEAM_SETTINGS. What a row does not name is off, so that `t1` is
    sampling without a filter and `b4` a beam search. Raises InputError for what it cannot read, for values outside their
    bounds or without an effect, for no row and for more than MAX_SETTINGS.
    """
    found, wrong = readable(text)
    if wrong:
        raise InputError(wrong)
    return found


@lru_cache(maxsize=256)
def readable(text: str) -> tuple[tuple[SettingsRow, ...], str]:
    """Return the rows of a settings text that can be read, and what is wrong with the others; empty where nothing is.

    Raises InputError where there is no row that can be read, and for more than MAX_SETTINGS.
    """
    rows = [part.strip() for part in text.split(";") if part.strip()]
    if not rows:
        raise InputError("There is no setting to compare: write at least one, such as k50.")
    if len(rows) > MAX_SETTINGS:
        raise InputError(f"{len(rows)} settings do not fit: compare at most {MAX_SETTINGS}.")
    found, wrong = [], []
    for number, row in enumerate(rows):
        try:
            found.append(_row(number, row))
        except InputError as error:
            wrong.append(str(error))
    if not found:
        raise InputError(" ".join(wrong))
    return tuple(found), " ".join(wrong)


def _row(number: int, text: str) -> SettingsRow:
    found: dict[str, Any] = {}
    for part in map(str.strip, text.split(",")):
        try:
            name, value = _part(part)
        except (KeyError, ValueError):
            raise InputError(f"Row {number}: {_refused(part)}") from None
        if name in found:
            raise InputError(f"Row {number} names {name.replace('_', '-')} twice: once is enough.")
        found[name] = value
    seed = found.pop("seed", None)
    try:
        if found.get("num_beams") == 1:
            raise InputError(f"1 beam is no beam search: write b2 to b{MAX_BEAMS}, or t0 for greedy.")
        return make_row(found, seed)
    except InputError as error:
        raise InputError(f"Row {number}: {error}") from None


def _refused(part: str) -> str:
    """Return why a part of a row cannot be read, and what to write."""
    if part[:1] in _LETTERS and part[1:2] in ("-", "−", "+"):
        return f"{part[:20]!r} gives {_LETTERS[part[0]].name} a number with a sign: write one without."
    return (
        f"{part[:20]!r} is not a setting: write parts with commas, such as t0.7, p0.9; the help of the field names all "
        "letters."
    )


def _part(text: str) -> tuple[str, Any]:
    """Return the name and value that one part of a row writes. Raises KeyError or ValueError where it writes none."""
    letter, value = text[:1], text[1:]
    if letter == "o" and value.isalpha():
        return "order", value
    if letter == "s" and value.isdecimal() and len(value) <= SEED_DIGITS:
        return "seed", int(value)
    one = _LETTERS[letter]
    return one.field, one.parse(value)


def write(rows: Sequence[SettingsRow]) -> str:
    """Return the settings text of `rows`, which `parse` reads back."""
    return ";".join(_written(row) for row in rows)


def _written(row: SettingsRow) -> str:
    settings = row.settings
    if row.beams.on:
        searched = [one.write(row.beams) for one in BEAM_SETTINGS if not one.is_off(row.beams)]
        return ",".join([*searched, *(one.write(settings) for one in settings.processors)])
    # A row that names no value would be none: sampling without a filter is written t1.
    parts = [one.write(settings) for one in FILTERS if not one.is_off(settings)] or [BY_LETTER["t"].write(settings)]
    if settings.full_order != GENERATE_ORDER:
        parts.append(f"o{settings.order}")
    if row.seed is not None:
        parts.append(f"s{row.seed}")
    return ",".join(parts)


def name(row: SettingsRow) -> str:
    """Return a row as its text is headed, such as `temperature 0.7, top-p 0.9`; `no filter` where nothing is on."""
    return _name(row, row.settings.order)


@lru_cache(maxsize=256)
def _name(row: SettingsRow, order: str) -> str:
    """Return the name of a row whose order is written `order`, which equal rows may write in two ways."""
    settings, seed = row.settings, "" if row.seed is None else f", seed {row.seed}"
    parts = [one.named(settings) for one in FILTERS if one in settings.acting]
    if row.beams.on:
        first, *more = (one.heading(row.beams) for one in BEAM_SETTINGS if not one.is_off(row.beams))
        return ", ".join([first, *parts, *more])
    if settings.greedy:
        return ", ".join(["greedy", *parts]) + seed
    if settings.full_order != GENERATE_ORDER:
        parts.append(f"order {order}")
    return ", ".join(parts or ["no filter"]) + seed
