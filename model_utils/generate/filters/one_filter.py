"""One entry of the table of filters: what the next token's scores go through. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import numpy as np

from model_utils.errors import InputError
from model_utils.limits import MAX_BAD_WORDS, MAX_WORD_CHARACTERS

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings

_WHOLE, _REAL = re.compile(r"\d{1,20}"), re.compile(r"\d{0,9}\.?\d{1,20}")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter of the next token's scores, or a `processor`, which looks at the text so far and acts before all filters.

    `letter` stands for it in `order` and in the text of a comparison's settings, where `o` and `s` mean order and seed.
    `field` is its name in SamplingSettings, in links and in `generate`; `off` the value at which it changes nothing, of the
    type of all its values, which lie between `low` and `high`. A control of it ends at `control_high`, its slider at
    `slider_high` as long as no link asks for more; a `main` one is always in view. `warper` is the class of transformers
    that applies it, made from its `arguments`: the `value`, and what a processor knows of the text (see `TextSoFar`).
    `cuts` is false of temperature and the repetition penalty, which cut no token. In a sweep it is `sweep_title` that grows,
    and off is `sweep_off` there.
    """

    letter: str
    field: str
    name: str
    label: str
    help: str
    off: Any
    low: float
    high: float
    step: float
    warper: str
    arguments: tuple[str, ...] = ("value",)
    processor: bool = False
    control_high: float | None = None
    slider_high: float | None = None
    main: bool = False
    cuts: bool = True
    sweep_title: str = ""
    sweep_off: float | None = None

    def value(self, settings: SamplingSettings) -> Any:
        """Return the value that `settings` give it, of its type."""
        return type(self.off)(getattr(settings, self.field))

    @property
    def when_off(self) -> str:
        """Return it with the value that switches it off, such as `top-k 0`."""
        return f"{self.name} {self.read(self.off)}"

    def is_off(self, settings: SamplingSettings) -> bool:
        """Return whether `settings` switch it off."""
        return bool(self.value(settings) == self.off)

    def check(self, value: Any) -> None:
        """Raise InputError for a value outside the bounds."""
        if not self.low <= value <= self.high:
            raise InputError(
                f"{self.label} {value!r} does not fit: choose {self.read(self.low)} to {self.read(self.high)} "
                f"({self.read(self.off)} = off)."
            )

    def read(self, value: Any) -> str:
        """Return a value as readers see it, such as `50,257` or `0.9`."""
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    def reading(self, settings: SamplingSettings) -> str:
        """Return its value in `settings` as readers see it: `50`, `0.9`, `off`; a temperature is never off."""
        return "off" if self.cuts and self.is_off(settings) else self.read(self.value(settings))

    def named(self, settings: SamplingSettings) -> str:
        """Return it with its value, such as `top-k 50`."""
        return f"{self.name} {self.reading(settings)}"

    def parse(self, text: str) -> Any:
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
        """Return the line of code that makes transformers' class with its value, such as `TopKLogitsWarper(50)`."""
        names = {"value": repr(self.value(settings)), "prompt": "prompt_length", "ends": "ENDS"}
        return f"{self.warper}({', '.join(names[one] for one in self.arguments)})"

    def given(self, settings: SamplingSettings, known: Mapping[str, Any]) -> list[Any]:
        """Return what its class is made of: its value, and what is `known` of the text."""
        values = {"value": self.value(settings), **known}
        return [values[one] for one in self.arguments]


@dataclass(frozen=True, kw_only=True)
class WordsFilter(Filter):
    """A filter whose value is a list of words between commas. At most `high` of them, each of MAX_WORD_CHARACTERS."""

    def check(self, value: Any) -> None:
        """Raise InputError for more words, or a longer word, than the bounds allow."""
        words = listed_words(value)
        if len(words) > self.high:
            raise InputError(f"{self.label}: {len(words)} words do not fit: write at most {MAX_BAD_WORDS}.")
        for word in words:
            if len(word) > MAX_WORD_CHARACTERS:
                raise InputError(
                    f"{self.label}: {word[:20]!r}… has {len(word)} characters: a word has at most {MAX_WORD_CHARACTERS}."
                )

    @property
    def when_off(self) -> str:
        """Return it with what switches it off: no words."""
        return f"{self.name} empty"

    def read(self, value: Any) -> str:
        """Return the words as readers see them."""
        return f"“{value}”"

    def parse(self, text: str) -> Any:
        """Return the words that `text`, written by `write` without its letter, names."""
        if not text:
            raise ValueError(text)
        return ", ".join(unquote(word) for word in text.split("+"))

    def write(self, settings: SamplingSettings) -> str:
        """Return the words in the text of a comparison, such as `wson+a%20king`."""
        return self.letter + "+".join(quote(word, safe="") for word in listed_words(self.value(settings)))

    def in_sweep(self, settings: SamplingSettings) -> float:
        """Return the number of words."""
        return float(len(listed_words(self.value(settings))))

    def call(self, settings: SamplingSettings) -> str:
        """Return the line of code that makes transformers' class with the words, each with and without a space before it."""
        return f"{self.warper}(with_and_without_space({list(listed_words(self.value(settings)))!r}), ENDS)"


def listed_words(text: str) -> tuple[str, ...]:
    """Return the words that stand between the commas of `text`, without the spaces around them, each once."""
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
