"""The filters of the next token as one table, and the settings that hold a value for each. Imports no torch.

All that lists filters reads FILTERS: controls, links, tables, texts, code. A new one is an entry here and a field of
SamplingSettings. `warp` applies them. Processors look at the text so far, come first, and act at temperature 0 too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from model_utils.errors import InputError
from model_utils.generate.filters.one_filter import Filter, WordsFilter, listed_words
from model_utils.limits import MAX_BAD_WORDS, MAX_NEW_TOKENS

# Below this, scores divided by the temperature may leave float32; the difference from greedy has long gone by then.
COLDEST = 0.01


# In the order in which `generate` applies them (`_get_logits_processor` of transformers).
FILTERS: tuple[Filter, ...] = (
    Filter(
        letter="r",
        field="repetition_penalty",
        name="repetition penalty",
        label="Repetition penalty",
        help="Makes every token that was said before less likely, by dividing or multiplying its score; 1 = off.",
        off=1.0,
        low=0.1,
        high=10.0,
        step=0.05,
        warper="RepetitionPenaltyLogitsProcessor",
        processor=True,
        control_high=5.0,
        slider_high=2.0,
        cuts=False,
        sweep_title="the repetition penalty",
    ),
    Filter(
        letter="n",
        field="no_repeat_ngram_size",
        name="no-repeat n-gram",
        label="No-repeat n-gram",
        help="Bans a token that would repeat as many tokens in a row as were said before; 0 = off.",
        off=0,
        low=0,
        high=100,
        step=1,
        warper="NoRepeatNGramLogitsProcessor",
        processor=True,
        control_high=20,
        slider_high=6,
        sweep_title="n",
        sweep_off=float("inf"),
    ),
    WordsFilter(
        letter="w",
        field="bad_words",
        name="bad words",
        label="Bad words",
        help="Never says these words, with a space before them or without; commas between them, empty = off.",
        off="",
        low=0,
        high=MAX_BAD_WORDS,
        step=1,
        warper="NoBadWordsLogitsProcessor",
        arguments=("banned", "ends"),
        processor=True,
    ),
    Filter(
        letter="l",
        field="min_new_tokens",
        name="min new tokens",
        label="Min new tokens",
        help="Bans end-of-text until so many tokens are new; 0 = off.",
        off=0,
        low=0,
        high=MAX_NEW_TOKENS,
        step=1,
        warper="MinNewTokensLengthLogitsProcessor",
        arguments=("prompt", "value", "ends"),
        processor=True,
    ),
    Filter(
        letter="t",
        field="temperature",
        name="temperature",
        label="Temperature",
        help="Below 1 likely tokens gain, above 1 rare ones; 1 = off, 0 = greedy.",
        off=1.0,
        low=0.0,
        high=100.0,
        step=0.05,
        warper="TemperatureLogitsWarper",
        control_high=5.0,
        slider_high=2.0,
        main=True,
        cuts=False,
        sweep_title="the temperature",
    ),
    Filter(
        letter="h",
        field="top_h",
        name="top-h",
        label="Top-h",
        help="Keeps the likeliest of the 100 best tokens until they hold this share of the uncertainty; 0 = off.",
        off=0.0,
        low=0.0,
        high=1.0,
        step=0.01,
        warper="TopHLogitsWarper",
    ),
    Filter(
        letter="k",
        field="top_k",
        name="top-k",
        label="Top-k",
        help="Keeps the k likeliest tokens; 0 = off.",
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
        help="Keeps the fewest likeliest tokens that have this share of the probability together; 1 = off.",
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
        help="Keeps tokens with at least this share of the likeliest token's chance; 0 = off.",
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
        help="Keeps the tokens whose surprise is nearest to the mean one, up to this share of the probability; 1 = off.",
        off=1.0,
        low=0.01,
        high=1.0,
        step=0.01,
        warper="TypicalLogitsWarper",
    ),
    Filter(
        letter="e",
        field="epsilon_cutoff",
        name="epsilon cutoff",
        label="Epsilon cutoff",
        help="Keeps tokens whose chance is at least this; 0 = off.",
        off=0.0,
        low=0.0,
        high=0.9,
        step=0.0001,
        warper="EpsilonLogitsWarper",
        slider_high=0.01,
    ),
    Filter(
        letter="a",
        field="eta_cutoff",
        name="eta cutoff",
        label="Eta cutoff",
        help="Keeps tokens whose chance is at least this, or less where the model is unsure; 0 = off.",
        off=0.0,
        low=0.0,
        high=0.9,
        step=0.0001,
        warper="EtaLogitsWarper",
        slider_high=0.01,
    ),
)
BY_LETTER = {one.letter: one for one in FILTERS}
BY_NAME = {one.name: one for one in FILTERS}

# The letters of the filters in `generate`'s order; those of the processors, which have no place in `order`.
GENERATE_ORDER = "".join(one.letter for one in FILTERS if not one.processor)
PROCESSORS = tuple(one for one in FILTERS if one.processor)

# What the letters stand for, for readers.
LETTERS = ", ".join(f"{one.letter} {one.name}" for one in FILTERS)
ORDER_LETTERS = ", ".join(f"{one.letter} {one.name}" for one in FILTERS if not one.processor)

# The names of those that cut tokens, filters first.
CUTTING = tuple(one.name for one in sorted(FILTERS, key=lambda one: one.processor) if one.cuts)

# What cut a token, as a code: 0 = nothing, it was kept. "greedy" cuts all but the likeliest when temperature is 0.
CUTS = ("", *BY_NAME, "greedy")


@dataclass(frozen=True, kw_only=True)
class SamplingSettings:
    """How the next token is drawn: a value for each of FILTERS, their order, the seed of the noise; temperature 0 is greedy.

    `order` names filters by their letters in the order in which they apply, each at most once; the others stand where
    `generate` puts them, and `full_order` names all. Settings that write one order in two ways are equal. Raises
    InputError for values outside their bounds.
    """

    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    bad_words: str = ""
    min_new_tokens: int = 0
    temperature: float = 1.0
    top_h: float = 0.0
    top_k: int = 50
    top_p: float = 0.95
    min_p: float = 0.0
    typical_p: float = 1.0
    epsilon_cutoff: float = 0.0
    eta_cutoff: float = 0.0
    order: str = field(default="tkpm", compare=False)
    seed: int = 0
    full_order: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for one in FILTERS:
            one.check(getattr(self, one.field))
        if 0.0 < self.temperature < COLDEST:
            raise InputError(f"Temperature {self.temperature!r} does not fit: choose 0 (greedy) or {COLDEST} to 100.")
        object.__setattr__(self, "full_order", full_order(self.order))
        object.__setattr__(self, "bad_words", ", ".join(listed_words(self.bad_words)))
        if not 0 <= self.seed < 2**64:
            raise InputError(f"Seed {self.seed!r} does not fit: choose a whole number from 0 up.")

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Return the processors, then all filters in their order."""
        return (*PROCESSORS, *(BY_LETTER[letter] for letter in self.full_order))

    @property
    def on(self) -> tuple[Filter, ...]:
        """Return the filters that are not switched off, in their order."""
        return tuple(one for one in self.filters if not one.is_off(self))

    @property
    def acting(self) -> tuple[Filter, ...]:
        """Return those that have an effect, in their order: of greedy only the processors that are on."""
        return self.processors if self.greedy else self.on

    @property
    def shifting(self) -> tuple[Filter, ...]:
        """Return those of the acting that change probabilities and cut no token, in their order."""
        return tuple(one for one in self.acting if not one.cuts)

    @property
    def order_in_words(self) -> str:
        """Return the filters that are on in the order in which they apply, such as `top-k → top-p → temperature`."""
        return " → ".join(one.name for one in self.on if not one.processor)

    @property
    def processors(self) -> tuple[Filter, ...]:
        """Return the processors that are not switched off, in their order."""
        return tuple(one for one in PROCESSORS if not one.is_off(self))

    @property
    def cutting(self) -> tuple[str, ...]:
        """Return the names of those that may cut tokens, in their order, on or off; of greedy those on, and `greedy`."""
        if self.greedy:
            return (*(one.name for one in self.processors if one.cuts), "greedy")
        return tuple(one.name for one in self.filters if one.cuts and (one.main or not one.is_off(self)))

    def off(self, letter: str) -> bool:
        """Return whether the filter of this letter is switched off."""
        return BY_LETTER[letter].is_off(self)

    @property
    def greedy(self) -> bool:
        """Return whether the likeliest token is always taken, so that filters and noise have no effect; processors have."""
        return self.temperature == 0.0

    @property
    def processors_alone(self) -> SamplingSettings:
        """Return these settings without all that a beam search does not look at: greedy, with the processors."""
        return SamplingSettings(temperature=0.0, **{one.field: one.value(self) for one in PROCESSORS})

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
    if not set(order) <= set(GENERATE_ORDER) or max(Counter(order).values(), default=0) > 1:
        raise InputError(
            f"Order {order!r} does not fit: write each of the letters {', '.join(GENERATE_ORDER)} at most once."
        )
    named = iter(order)
    return "".join(next(named) if letter in order else letter for letter in GENERATE_ORDER)
