"""How beams are searched. Imports no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_utils.errors import InputError
from model_utils.limits import MAX_BEAMS

EARLY_STOPPING = {"false": False, "true": True, "never": "never"}

_WHOLE, _REAL = re.compile(r"\d{1,20}"), re.compile(r"-?\d{0,9}\.?\d{1,20}")


@dataclass(frozen=True, kw_only=True)
class BeamSettings:
    """How beams are searched: how many, how a finished text's sum is divided by its length, when the search stops.

    The score of a hypothesis is its sum / length ** `length_penalty`: above 0 long ones gain. `early_stopping`: `true`
    stops as soon as there are `num_beams` hypotheses, `false` when the best beam, were it to end now, would not be better
    than the worst of them, `never` only when no longer text can be better. Raises InputError for what is outside its bounds.
    """

    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: str = "false"

    def __post_init__(self) -> None:
        if not 1 <= self.num_beams <= MAX_BEAMS:
            raise InputError(f"{self.num_beams} beams do not fit: choose 1 to {MAX_BEAMS} (1 = no beam search).")
        if not -5.0 <= self.length_penalty <= 5.0:
            raise InputError(
                f"Length penalty {self.length_penalty!r} does not fit: choose -5 to 5 (0 = the sum itself)."
            )
        if self.early_stopping not in EARLY_STOPPING:
            raise InputError(
                f"Early stopping {self.early_stopping!r} does not fit: choose {', '.join(EARLY_STOPPING)}."
            )

    @property
    def on(self) -> bool:
        """Return whether there is a beam search at all."""
        return self.num_beams > 1

    @property
    def named(self) -> str:
        """Return the settings as a reader names them."""
        return (
            f"beam search with {self.num_beams} beams, length penalty {self.length_penalty:g}, early stopping "
            f"{self.early_stopping}"
        )


@dataclass(frozen=True, kw_only=True)
class BeamSetting:
    """One entry of the table of what a beam search is set by.

    `letter` stands for it in the text of a comparison's settings; `field` is its name in BeamSettings, in links and in
    `generate`; `off` its value at first, of the type of all its values. A number lies between `low` and `high`, anything
    else is one of `options`, which readers see as `words`. In a sweep it is `sweep_title` that grows.
    """

    letter: str
    field: str
    name: str
    label: str
    help: str
    off: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sweep_title: str = ""

    def value(self, beams: BeamSettings) -> Any:
        """Return the value that `beams` give it, of its type."""
        return type(self.off)(getattr(beams, self.field))

    def is_off(self, beams: BeamSettings) -> bool:
        """Return whether it stands as at first."""
        return bool(self.value(beams) == self.off)

    def reading(self, beams: BeamSettings) -> str:
        """Return its value as readers see it."""
        value = self.value(beams)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def heading(self, beams: BeamSettings) -> str:
        """Return it with its value as texts are headed, such as `beam search, 4 beams` or `length penalty 0.6`."""
        if self.field == "num_beams":
            return f"beam search, {self.reading(beams)} beams"
        return f"{self.name} {self.reading(beams)}"

    def in_sweep(self, beams: BeamSettings) -> float:
        """Return the value by which rows of a sweep are ordered; of options their place."""
        value = self.value(beams)
        return float(self.options.index(value)) if self.options else float(value)

    def parse(self, text: str) -> Any:
        """Return the value that `text` writes. Raises ValueError where it writes none."""
        if isinstance(self.off, str):
            if text not in self.options:
                raise ValueError(text)
            return text
        kind, pattern = (int, _WHOLE) if isinstance(self.off, int) else (float, _REAL)
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return kind(text)

    def write(self, beams: BeamSettings) -> str:
        """Return it with its value in the text of a comparison, such as `b4` or `d0.6`."""
        value = self.value(beams)
        return self.letter + (np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value))


BEAM_SETTINGS = (
    BeamSetting(
        letter="b",
        field="num_beams",
        name="beams",
        label="Beams",
        help="Texts that go on side by side; 1 = no beam search.",
        off=1,
        low=1,
        high=MAX_BEAMS,
        step=1,
        sweep_title="the number of beams",
    ),
    BeamSetting(
        letter="d",
        field="length_penalty",
        name="length penalty",
        label="Length penalty",
        help="The sum of a text that ended is divided by its length to this power: above 0 long ones gain; 0 = off.",
        off=BeamSettings.length_penalty,
        low=-5.0,
        high=5.0,
        step=0.1,
    ),
    BeamSetting(
        letter="f",
        field="early_stopping",
        name="early stopping",
        label="Early stopping: ends when",
        help="false: the best beam, ended now, would not be better than the texts that ended; true: as many texts ended as "
        "there are beams; never: no longer text can be better.",
        off=BeamSettings.early_stopping,
        options=tuple(EARLY_STOPPING),
        words=("better is unlikely (false)", "enough ended (true)", "better is impossible (never)"),
    ),
)
BEAMS_BY_LETTER = {one.letter: one for one in BEAM_SETTINGS}

# What the letters stand for, for readers.
BEAM_LETTERS = ", ".join(f"{one.letter} {one.name}" for one in BEAM_SETTINGS)
