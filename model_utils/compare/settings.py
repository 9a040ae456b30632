"""Settings side by side: the compact text that names them, and where texts that share their dice part ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from model_utils.errors import InputError
from model_utils.generate.filters import CUTS, SamplingSettings
from model_utils.limits import MAX_SAMPLES, MAX_SETTINGS, MAX_TOP_K

if TYPE_CHECKING:
    from model_utils.generate.step import Step

# What each letter of a row stands for, in the order in which rows are written.
_FIELDS = {"t": "temperature", "k": "top_k", "p": "top_p", "m": "min_p"}
_OFF = SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
_PART = re.compile(r"([tpm])(\d{0,9}\.?\d{1,20})|([ks])(\d{1,20})|o([a-z]{1,9})")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row to compare: how it draws, and its own seed where it has one (None: the page's).

    The seed that `settings` carries is not used: `seeded` puts in the one that counts.
    """

    settings: SamplingSettings
    seed: int | None = None

    def seeded(self, seed: int) -> SamplingSettings:
        """Return the settings with this row's own seed, else with `seed`."""
        values = {name: getattr(self.settings, name) for name in (*_FIELDS.values(), "order")}
        return SamplingSettings(**values, seed=seed if self.seed is None else self.seed)


def parse(text: str) -> tuple[Row, ...]:
    """Return the rows that a settings text names: `t0.7,p0.9;k50` are two of them.

    Rows stand between semicolons, values between commas: `t` temperature, `k` top-k, `p` top-p, `m` min-p, `o` the order
    of the filters, `s` a seed of the row's own. What a row does not name is off, so that `t1` is pure sampling. Raises
    InputError for what it cannot read, for values outside their bounds, for no row and for more than MAX_SETTINGS.
    """
    rows = [part.strip() for part in text.split(";") if part.strip()]
    if not rows:
        raise InputError("There is no setting to compare: write at least one, such as k50.")
    if len(rows) > MAX_SETTINGS:
        raise InputError(f"{len(rows)} settings do not fit: compare at most {MAX_SETTINGS}.")
    return tuple(_row(number, row) for number, row in enumerate(rows))


def _row(number: int, text: str) -> Row:
    found: dict[str, float | int | str] = {}
    seed = None
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise InputError(
                f"Setting {number} holds {part.strip()[:20]!r}, which is none: write t, k, p, m or s with a number behind it, "
                "or o with the order of the filters, such as t0.7,p0.9."
            )
        real, value, whole, count, order = match.groups()
        name = _FIELDS.get(real or whole, "order" if order else "seed")
        if name in found or (name == "seed" and seed is not None):
            raise InputError(f"Setting {number} names {name.replace('_', '-')} twice: once is enough.")
        if name == "top_k" and int(count) > MAX_TOP_K:
            raise InputError(
                f"Setting {number}: top-k {count} is more than any vocabulary: choose 0 (off) to {MAX_TOP_K:,}."
            )
        if name == "seed":
            seed = int(count)
        else:
            found[name] = order or (int(count) if whole else float(value))
    values = {name: found.get(name, getattr(_OFF, name)) for name in (*_FIELDS.values(), "order")}
    try:
        row = Row(settings=SamplingSettings(**values), seed=seed)
        row.seeded(0)
    except InputError as error:
        raise InputError(f"Setting {number}: {error}") from None
    return row


def write(rows: Sequence[Row]) -> str:
    """Return the settings text of `rows`, which `parse` reads back."""
    return ";".join(_written(row) for row in rows)


def _written(row: Row) -> str:
    settings = row.settings
    parts = [letter + _number(getattr(settings, name)) for letter, name in _FIELDS.items() if not settings.off(letter)]
    if settings.order != _OFF.order:
        parts.append(f"o{settings.order}")
    if row.seed is not None:
        parts.append(f"s{row.seed}")
    return ",".join(parts if any(part[0] in _FIELDS for part in parts) else ["t1", *parts])


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else np.format_float_positional(value, trim="-")


def name(row: Row) -> str:
    """Return a row as its text is headed, such as `top-p 0.9, T 0.7`; `pure sampling` where nothing is on."""
    settings, seed = row.settings, "" if row.seed is None else f", seed {row.seed}"
    if settings.greedy:
        return f"greedy{seed}"
    values = {"k": f"top-k {settings.top_k:,}", "p": f"top-p {settings.top_p:g}", "m": f"min-p {settings.min_p:g}"}
    parts = [told for letter, told in values.items() if not settings.off(letter)]
    if not settings.off("t"):
        parts.append(f"T {settings.temperature:g}")
    if settings.order != _OFF.order:
        parts.append(f"order {settings.order}")
    return ", ".join(parts or ["pure sampling"]) + seed


def check_samples(samples: int) -> None:
    """Raise InputError unless each setting may have so many samples."""
    if not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"{samples} samples do not fit: choose 1 to {MAX_SAMPLES} per setting.")


Reason = Literal["dice", "model", "greedy", "cut", "admitted", "tempered"]


@dataclass(frozen=True, kw_only=True)
class FirstDifference:
    """Where a text leaves the one that it is compared with: at step `number`, both from the same past.

    `token_id` was drawn where the other drew `other_id`. `reason`: `dice` = the noise was another; `model` = the model
    was; `greedy` = one of the two takes the likeliest whatever the dice say; `cut` = the filter `by` had cut the other's
    word here; `admitted` = the filter `by` of the other had cut this word there; `tempered` = both kept both words, and
    the probabilities differ.
    """

    number: int
    token_id: int
    other_id: int
    reason: Reason
    by: str = ""


def first_difference(
    steps: Sequence[Step], others: Sequence[Step], *, same_noise: bool = True, same_model: bool = True
) -> FirstDifference | None:
    """Return where `steps` leave `others`, the text that they are compared with; None as far as both are the same.

    A text that has ended has left one that goes on at the step at which it drew end-of-text, which is a token like others.
    """
    for one, other in zip(steps, others, strict=False):
        if one.token_id == other.token_id:
            continue
        reason, by = _reason(one, other, same_noise=same_noise, same_model=same_model)
        return FirstDifference(number=one.number, token_id=one.token_id, other_id=other.token_id, reason=reason, by=by)
    return None


def _reason(one: Step, other: Step, *, same_noise: bool, same_model: bool) -> tuple[Reason, str]:
    """Return why two steps from the same past drew different words; every filter keeps the first ranks and no others."""
    if not same_model:
        return "model", ""
    if "greedy" in (one.stages[0].filter, other.stages[0].filter):
        return "greedy", ""
    if not same_noise:
        return "dice", ""
    if by := _cut_by(one, other):
        return "cut", by
    if by := _cut_by(other, one):
        return "admitted", by
    return "tempered", ""


def _cut_by(step: Step, other: Step) -> str:
    """Return the filter of `step` that cut the token which `other` drew, empty when it was kept."""
    found = np.flatnonzero(step.candidates.ids == other.token_id)
    if found.size:
        return str(CUTS[step.candidates.cut[found[0]]])
    # Not among the candidates that a step keeps a note of: the filters keep the first ranks and no others.
    return next((stage.filter for stage in step.stages if stage.kept < other.rank), "")
