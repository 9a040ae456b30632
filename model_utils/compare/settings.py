"""Settings side by side: the compact text that names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_utils.errors import InputError
from model_utils.generate.filters.filter_settings import BY_LETTER, FILTERS, GENERATE_ORDER, SamplingSettings
from model_utils.limits import MAX_SAMPLES, MAX_SETTINGS

# What a row does not name.
_OFF = {one.field: one.off for one in FILTERS}
_SEED_DIGITS = 20  # those of the largest seed


@dataclass(frozen=True, kw_only=True)
class SettingsRow:
    """One row to compare: how it draws, and its own seed where it has one (None: the page's).

    The seed that `settings` carries is not used: `seeded` puts in the one that counts.
    """

    settings: SamplingSettings
    seed: int | None = None

    def seeded(self, seed: int) -> SamplingSettings:
        """Return the settings with this row's own seed, else with `seed`."""
        return replace(self.settings, seed=seed if self.seed is None else self.seed)


def parse(text: str) -> tuple[SettingsRow, ...]:
    """Return the rows that a settings text names: `t0.7,p0.9;k50` are two of them.

    Rows stand between semicolons, values between commas: a filter by its letter in FILTERS, `o` the order of the filters,
    `s` a seed of the row's own. What a row does not name is off, so that `t1` is pure sampling. Raises
    InputError for what it cannot read, for values outside their bounds, for no row and for more than MAX_SETTINGS.
    """
    rows = [part.strip() for part in text.split(";") if part.strip()]
    if not rows:
        raise InputError("There is no setting to compare: write at least one, such as k50.")
    if len(rows) > MAX_SETTINGS:
        raise InputError(f"{len(rows)} settings do not fit: compare at most {MAX_SETTINGS}.")
    return tuple(_row(number, row) for number, row in enumerate(rows))


def _row(number: int, text: str) -> SettingsRow:
    found: dict[str, Any] = {}
    for part in map(str.strip, text.split(",")):
        try:
            name, value = _part(part)
        except (KeyError, ValueError):
            raise InputError(
                f"Setting {number} holds {part[:20]!r}, which is none: write {', '.join(BY_LETTER)} or s with a number "
                "behind it, or o with the order of the filters, such as t0.7,p0.9."
            ) from None
        if name in found:
            raise InputError(f"Setting {number} names {name.replace('_', '-')} twice: once is enough.")
        found[name] = value
    seed = found.pop("seed", None)
    try:
        row = SettingsRow(settings=SamplingSettings(**_OFF | found), seed=seed)
        row.seeded(0)
    except InputError as error:
        raise InputError(f"Setting {number}: {error}") from None
    return row


def _part(text: str) -> tuple[str, Any]:
    """Return the name and value that one part of a row writes. Raises KeyError or ValueError where it writes none."""
    letter, value = text[:1], text[1:]
    if letter == "o" and value.isalpha():
        return "order", value
    if letter == "s" and value.isdecimal() and len(value) <= _SEED_DIGITS:
        return "seed", int(value)
    one = BY_LETTER[letter]
    return one.field, one.parse(value)


def write(rows: Sequence[SettingsRow]) -> str:
    """Return the settings text of `rows`, which `parse` reads back."""
    return ";".join(_written(row) for row in rows)


def _written(row: SettingsRow) -> str:
    settings = row.settings
    # A row that names no value would be none: pure sampling is written t1.
    parts = [one.write(settings) for one in FILTERS if not one.is_off(settings)] or [BY_LETTER["t"].write(settings)]
    if settings.full_order != GENERATE_ORDER:
        parts.append(f"o{settings.order}")
    if row.seed is not None:
        parts.append(f"s{row.seed}")
    return ",".join(parts)


def name(row: SettingsRow) -> str:
    """Return a row as its text is headed, such as `top-p 0.9, T 0.7`; `pure sampling` where nothing is on."""
    settings, seed = row.settings, "" if row.seed is None else f", seed {row.seed}"
    cutting_first = sorted(FILTERS, key=lambda one: not one.cuts)
    parts = [one.heading(settings) for one in cutting_first if one in settings.acting]
    if settings.greedy:
        return ", ".join(["greedy", *parts]) + seed
    if settings.full_order != GENERATE_ORDER:
        parts.append(f"order {settings.order}")
    return ", ".join(parts or ["pure sampling"]) + seed


def check_samples(samples: int) -> None:
    """Raise InputError unless each setting may have so many samples."""
    if not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"{samples} samples do not fit: choose 1 to {MAX_SAMPLES} per setting.")
