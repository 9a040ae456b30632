"""The filters of the next token as one table, and the settings that hold a value for each. Imports no torch.

All that lists filters reads FILTERS: controls, links, tables, texts, code. A new one is an entry here and a field of
SamplingSettings. `warp` applies them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model_utils.errors import InputError

_WHOLE, _REAL = re.compile(r"\d{1,20}"), re.compile(r"\d{0,9}\.?\d{1,20}")

# Below this, scores divided by the temperature may leave float32; the difference from greedy has long gone by then.
COLDEST = 0.01


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter of the next token's scores.

    `letter` stands for it in `order` and in the text of a comparison's settings, where `o` and `s` mean order and seed.
    `field` is its name in SamplingSettings, in links and in `generate`; `off` the value at which it changes nothing, of the
    type of all its values, which lie between `low` and `high`. A control of it ends at `control_high`, its slider at
    `slider_high` as long as no link asks for more; a `main` one is always in view. `warper` is the class of transformers
    that applies it, made from the value alone. Temperature is one that `cuts` no token. Headings call it `short`; in a
    sweep it is `sweep_title` that grows, and off is `sweep_off` there.
    """

    letter: str
    field: str
    name: str
    label: str
    help: str
    off: float
    low: float
    high: float
    step: float
    warper: str
    control_high: float | None = None
    slider_high: float | None = None
    main: bool = False
    cuts: bool = True
    short: str = ""
    sweep_title: str = ""
    sweep_off: float | None = None

    def value(self, settings: SamplingSettings) -> Any:
        """Return the value that `settings` give it, of its type."""
        return type(self.off)(getattr(settings, self.field))

    def is_off(self, settings: SamplingSettings) -> bool:
        """Return whether `settings` switch it off."""
        return bool(self.value(settings) == self.off)

    def check(self, value: float) -> None:
        """Raise InputError for a value outside the bounds."""
        if not self.low <= value <= self.high:
            raise InputError(
                f"{self.label} {value!r} does not fit: choose {self.read(self.low)} to {self.read(self.high)} "
                f"({self.read(self.off)} = off)."
            )

    def read(self, value: float) -> str:
        """Return a value as readers see it, such as `50,257` or `0.9`."""
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    def reading(self, settings: SamplingSettings) -> str:
        """Return its value in `settings` as readers see it: `50`, `0.9`, `off`; a temperature is never off."""
        return "off" if self.cuts and self.is_off(settings) else self.read(self.value(settings))

    def named(self, settings: SamplingSettings) -> str:
        """Return it with its value, such as `top-k 50`."""
        return f"{self.name} {self.reading(settings)}"

    def heading(self, settings: SamplingSettings) -> str:
        """Return it with its value as texts are headed, such as `top-k 50` or `T 0.7`."""
        return f"{self.short or self.name} {self.reading(settings)}"

    def parse(self, text: str) -> float:
        """Return the value that `text` writes. Raises ValueError where it writes none."""
        kind, pattern = (int, _WHOLE) if isinstance(self.off, int) else (float, _REAL)
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return kind(text)

    def write(self, settings: SamplingSettings) -> str:
        """Return it with its value in the text of a comparison, such as `k50` or `p0.9`."""
        value = self.value(settings)
        return self.letter + (str(value) if isinstance(value, int) else np.format_float_positional(value, trim="-"))

    def in_sweep(self, settings: SamplingSettings) -> float:
        """Return the value by which rows of a sweep are ordered."""
        value: float = self.value(settings)
        return self.sweep_off if self.sweep_off is not None and value == self.off else value

    def call(self, settings: SamplingSettings) -> str:
        """Return the line of code that makes transformers' warper with its value, such as `TopKLogitsWarper(50)`."""
        return f"{self.warper}({self.value(settings)!r})"


# In the order in which `generate` applies them (`_get_logits_processor` of transformers).
FILTERS = (
    Filter(
        letter="t",
        field="temperature",
        name="temperature",
        label="Temperature",
        help="Below 1 likely words gain, above 1 rare ones; 1 = off, 0 = greedy.",
        off=1.0,
        low=0.0,
        high=100.0,
        step=0.05,
        warper="TemperatureLogitsWarper",
        control_high=5.0,
        slider_high=2.0,
        main=True,
        cuts=False,
        short="T",
        sweep_title="the temperature",
    ),
    Filter(
        letter="k",
        field="top_k",
        name="top-k",
        label="Top-k",
        help="Keeps the k likeliest words; 0 = off.",
        off=0,
        low=0,
        high=1_000_000,  # more than any vocabulary
        step=1,
        warper="TopKLogitsWarper",
        control_high=50_257,
        slider_high=200,  # nearly all use lies below, and a slider over a whole vocabulary cannot be aimed
        main=True,
        sweep_title="k",
        sweep_off=float("inf"),
    ),
    Filter(
        letter="p",
        field="top_p",
        name="top-p",
        label="Top-p",
        help="Keeps the fewest likeliest words that have this share of the chances together; 1 = off.",
        off=1.0,
        low=0.0,
        high=1.0,
        step=0.01,
        warper="TopPLogitsWarper",
        main=True,
        sweep_title="p",
    ),
    Filter(
        letter="m",
        field="min_p",
        name="min-p",
        label="Min-p",
        help="Keeps words with at least this share of the likeliest word's chance; 0 = off.",
        off=0.0,
        low=0.0,
        high=1.0,
        step=0.01,
        warper="MinPLogitsWarper",
    ),
    Filter(
        letter="y",
        field="typical_p",
        name="typical-p",
        label="Typical-p",
        help="Keeps the words whose surprise is nearest to the mean one, up to this share of the chances; 1 = off.",
        off=1.0,
        low=0.01,
        high=1.0,
        step=0.01,
        warper="TypicalLogitsWarper",
    ),
)
BY_LETTER = {one.letter: one for one in FILTERS}
BY_NAME = {one.name: one for one in FILTERS}
GENERATE_ORDER = "".join(BY_LETTER)

# What the letters stand for, for readers.
LETTERS = ", ".join(f"{one.letter} {one.name}" for one in FILTERS)

# The names of those that cut tokens.
CUTTING = tuple(one.name for one in FILTERS if one.cuts)

# What cut a token, as a code: 0 = nothing, it was kept. "greedy" cuts all but the likeliest when temperature is 0.
CUTS = ("", *BY_NAME, "greedy")


@dataclass(frozen=True, kw_only=True)
class SamplingSettings:
    """How the next token is drawn: a value for each of FILTERS, their order, the seed of the noise; temperature 0 is greedy.

    `order` names filters by their letters in the order in which they apply, each at most once; the others stand where
    `generate` puts them, and `full_order` names all. Settings that write one order in two ways are equal. Raises
    InputError for values outside their bounds.
    """

    temperature: float = 1.0
    top_k: int = 50
    top_p: float = 0.95
    min_p: float = 0.0
    typical_p: float = 1.0
    order: str = field(default="tkpm", compare=False)
    seed: int = 0
    full_order: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for one in FILTERS:
            one.check(getattr(self, one.field))
        if 0.0 < self.temperature < COLDEST:
            raise InputError(f"Temperature {self.temperature!r} does not fit: choose 0 (greedy) or {COLDEST} to 100.")
        object.__setattr__(self, "full_order", full_order(self.order))
        if not 0 <= self.seed < 2**64:
            raise InputError(f"Seed {self.seed!r} does not fit: choose a whole number from 0 up.")

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Return all filters in their order."""
        return tuple(BY_LETTER[letter] for letter in self.full_order)

    @property
    def on(self) -> tuple[Filter, ...]:
        """Return the filters that are not switched off, in their order."""
        return tuple(one for one in self.filters if not one.is_off(self))

    def off(self, letter: str) -> bool:
        """Return whether the filter of this letter is switched off."""
        return BY_LETTER[letter].is_off(self)

    @property
    def greedy(self) -> bool:
        """Return whether the likeliest token is always taken, so that filters and noise have no effect."""
        return self.temperature == 0.0

    @property
    def unfiltered(self) -> bool:
        """Return whether every token may be drawn."""
        return not self.greedy and not any(one.cuts for one in self.on)


# The names of all settings: as controls, in links, as columns.
SETTINGS = (*(one.field for one in FILTERS), "order", "seed")


def full_order(order: str) -> str:
    """Return `order` with the letters that it leaves out where `generate` puts them: `pt` is `pktm`.

    Raises InputError for letters that no filter has, and for a letter that stands twice.
    """
    if not set(order) <= set(BY_LETTER) or max(Counter(order).values(), default=0) > 1:
        raise InputError(
            f"Order {order!r} does not fit: write each of the letters {', '.join(BY_LETTER)} at most once."
        )
    named = iter(order)
    return "".join(next(named) if letter in order else letter for letter in BY_LETTER)
