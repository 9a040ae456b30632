"""Every widget key and link parameter: name, label, default, bounds. Links and tests rely on the names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from model_utils.generate.beam_search.beam_settings import BEAM_LETTERS, BEAM_SETTINGS
from model_utils.generate.filters.filter_settings import FILTERS, LETTERS, ORDER_LETTERS, SamplingSettings
from model_utils.generate.filters.one_filter import WordsFilter
from model_utils.limits import (
    MAX_NEW_TOKENS,
    MAX_PATTERN_TOKENS,
    MAX_SAMPLES,
    MAX_SEED,
    MAX_SENTENCES,
    MAX_SETTINGS,
    MAX_TEXTS,
)
from model_utils.masks.mask import FILLS
from model_utils.masks.patterns import PATTERNS
from model_utils.models.registry import BUNDLED_ID
from model_utils.tokens.batch import END_OF_TEXT_ID

DEFAULT_TEXT = "It will rain in the\nI want to eat a big bowl of\nMy dog is"

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_REAL = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def _plain(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


class Labelled(Protocol):
    """An entry of a table that readers choose from."""

    @property
    def label(self) -> str:
        """Return what readers see of it."""


def _same(*ids: str) -> Mapping[str, str]:
    """Return options that read as they are stored."""
    return {one: one for one in ids}


@dataclass(frozen=True, kw_only=True)
class Control:
    """One published control. `low` and `high` are the bounds of a number that hold whatever the model and text.

    `options` are the ids that a choice stores and links carry, with the labels that readers see; views have theirs in the
    table of their page. `undone` tells whether the browser's Back undoes a change of it alone: true for clicks and choices;
    what is typed or slid goes with the click before it.
    """

    name: str
    label: str
    default: Any
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: Mapping[str, str | Labelled] = field(default_factory=dict)
    undone: bool = False

    def parse(self, raw: str) -> Any:
        """Return the value that `raw`, a link parameter, means. Raises ValueError with what it takes when it means none."""
        if self.options and raw not in self.options:
            raise ValueError(self.takes())
        if not isinstance(self.default, int | float):
            return raw
        whole = isinstance(self.default, int)
        if (_WHOLE if whole else _REAL).fullmatch(raw) is None:
            raise ValueError(self.takes())
        value = int(raw) if whole else float(raw)
        if not self.admits(value):
            raise ValueError(self.takes())
        return value

    def admits(self, value: float | str) -> bool:
        """Return whether `value` lies within the bounds; NaN does not, text does."""
        if isinstance(value, str):
            return True
        low, high = (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)
        return math.isfinite(value) and low <= value <= high

    def takes(self, high: float | None = None) -> str:
        """Return in words what the control takes, such as `a whole number from 0 to 15`; `high` narrows the bound."""
        if self.options:
            return " or ".join(self.options)
        if not isinstance(self.default, int | float):
            return "text"
        number = "a whole number" if isinstance(self.default, int) else "a number"
        top = self.high if high is None else high
        if self.low is None:
            return number
        return f"{number} from {_plain(self.low)} " + ("up" if top is None else f"to {_plain(top)}")

    def written(self, value: Any) -> str:
        """Return `value` as links carry it, which `parse` reads back."""
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else str(value)


_ALL = (
    Control(name="model", label="Model", default=BUNDLED_ID, undone=True),
    Control(
        name="text",
        label="Sentences",
        default=DEFAULT_TEXT,
        help="One per line. A typed \\n is a line break, <|endoftext|> the special token; trailing spaces count.",
    ),
    Control(
        name="side",
        label="Padding side",
        default="left",
        options=_same("left", "right"),
        undone=True,
        help="Where short rows are filled up with pads, as the table of Tokens and the matrices of the other pages show. Left is "
        "what `generate` needs: all rows then end together.",
    ),
    Control(
        name="pad",
        label="Pad token id",
        default=END_OF_TEXT_ID,
        low=0,
        step=1,
        help="GPT-2 has no pad token; 50256, its end of text, is the usual stand-in. The mask hides it, whatever it is.",
    ),
    Control(name="topic", label="Look closer", default="next-word", undone=True),
    Control(name="word", label="Word, with the space before it", default=" unbelievable"),
    Control(
        name="sentence",
        label="Sentence",
        default=0,
        low=0,
        high=MAX_SENTENCES - 1,
        step=1,
        undone=True,
    ),
    Control(
        name="layer",
        label="Layer",
        default=0,
        low=0,
        step=1,
        help="Counted from 0, as in papers and code.",
        undone=True,
    ),
    Control(
        name="head", label="Head", default=0, low=0, step=1, help="Counted from 0, as in papers and code.", undone=True
    ),
    Control(
        name="query",
        label="Reading token",
        default=-1,
        low=-1,
        step=1,
        help="The row (query): the token that reads. A number in brackets is its position.",
        undone=True,
    ),
    Control(
        name="key",
        label="Token that is read",
        default=0,
        low=-1,
        step=1,
        help="The column (key). A number in brackets is its position.",
        undone=True,
    ),
    Control(
        name="pattern",
        label="Pattern",
        default="causal",
        options=PATTERNS,
        undone=True,
    ),
    Control(
        name="width", label="Width", default=2, low=1, high=MAX_PATTERN_TOKENS, step=1, help="The word itself counts."
    ),
    Control(name="first", label="First words", default=2, low=0, high=MAX_PATTERN_TOKENS, step=1),
    Control(name="padding", label="Padding mask", default="on", options=_same("on", "off"), undone=True),
    Control(
        name="gap",
        label="Gap",
        default="hole",
        options={"hole": "hole: later words stay", "close": "close: later words move up"},
        undone=True,
        help="Hole: the words after a hidden one keep their positions. Close: they move up, as if it were deleted.",
    ),
    Control(
        name="fill",
        label="Fill value",
        default="min",
        options=_same(*FILLS),
        undone=True,
        help="What the mask adds to a blocked score: the smallest float32 number, as transformers does, -10000 or -infinity.",
    ),
    Control(
        name="weights", label="Hand mask", default="", help="token:mask value pairs, such as 3:0.5,4:0.", undone=True
    ),
    Control(name="cells", label="Single cells", default="", help="query-key pairs, such as 5-2,6-2.", undone=True),
    Control(
        name="stage",
        label="Stage",
        default="score",
        options=_same("score", "mask", "exp", "weight", "values"),
        undone=True,
    ),
    Control(name="part", label="Look closer", default="matrices", undone=True),
    Control(name="look", label="Look closer", default="why-blocked", undone=True),
    Control(name="closer", label="Look closer", default="none", undone=True),
    Control(
        name="under",
        label="Run",
        default="on",
        options={"on": "under the mask", "off": "without it"},
        undone=True,
        help="The hand mask and the pattern of the Masks page.",
    ),
    Control(name="gallery", label="Which heads", default="layer", undone=True),
    Control(name="beside", label="Beside", default="head", undone=True),
    Control(name="mean", label="Mean", default="layer", undone=True),
    Control(name="rows", label="Rows are", default="queries", options=_same("queries", "keys"), undone=True),
    *(
        Control(
            name=one.field,
            label=one.label,
            default=getattr(SamplingSettings, one.field),
            help=one.help,
            low=one.low,
            high=one.high if one.control_high is None else one.control_high,
            step=one.step,
        )
        if not isinstance(one, WordsFilter)
        else Control(name=one.field, label=one.label, default=one.off, help=one.help)
        for one in FILTERS
    ),
    Control(
        name="order",
        label="Order of the filters",
        default=SamplingSettings.order,
        help=f"{ORDER_LETTERS}; from left to right. A letter left out stands where transformers puts it.",
    ),
    *(
        Control(
            name=one.field,
            label=one.label,
            default=one.off,
            help=one.help,
            low=one.low,
            high=one.high,
            step=one.step,
            options=dict(zip(one.options, one.words, strict=True)),
            undone=bool(one.options),
        )
        for one in BEAM_SETTINGS
    ),
    Control(name="view", label="Look closer", default="candidates", undone=True),
    Control(name="beam_view", label="Look closer", default="tree", undone=True),
    Control(name="batch", label="All prompts as one batch", default="none", undone=True),
    Control(
        name="seed",
        label="Seed",
        default=SamplingSettings.seed,
        low=0,
        high=MAX_SEED,
        step=1,
        help="The same seed gives the same random numbers, and so the same text. A beam search draws nothing.",
    ),
    Control(
        name="drop_after",
        label="Drop the prompt after",
        default=0,
        low=0,
        high=MAX_NEW_TOKENS,
        step=1,
        help="So many new tokens; 0 = never.",
    ),
    Control(
        name="max_new_tokens",
        label="New tokens",
        default=40,
        low=1,
        high=MAX_NEW_TOKENS,
        step=1,
        help="How many tokens are added to the prompt at most.",
    ),
    Control(
        name="settings",
        label="As text: “t0.7,p0.9;t0” are two rows",
        default="t1;k50;p0.9;t0",
        help=f"Rows between semicolons, values between commas: {LETTERS}, o order, s seed; {BEAM_LETTERS}. "
        "What a row does not name is off: t1 is sampling without a filter, t0 greedy, b4 a beam search with 4 beams.",
    ),
    Control(
        name="samples",
        label="Samples",
        default=1,
        low=1,
        high=MAX_SAMPLES,
        step=1,
        help="Texts of each setting, each with its own random numbers.",
    ),
    Control(
        name="noise",
        label="Random numbers",
        default="shared",
        options=_same("shared", "own"),
        undone=True,
        help="Shared: every setting draws with the same random numbers. Own: row n draws with the seed plus n.",
    ),
    Control(
        name="prompts",
        label="Prompts",
        default="one",
        options={"one": "one prompt", "all": "all prompts"},
        undone=True,
        help=f"All: every prompt under every setting, at most {MAX_TEXTS} texts.",
    ),
    Control(name="against", label="Against model", default="none", undone=True),
    Control(
        name="row", label="Row", default=0, low=0, high=MAX_SETTINGS - 1, step=1, help="Counted from 0.", undone=True
    ),
    Control(
        name="sample",
        label="Sample",
        default=0,
        low=0,
        high=MAX_SAMPLES - 1,
        step=1,
        help="Counted from 0.",
        undone=True,
    ),
    Control(name="step", label="Step", default=1, low=1, high=MAX_NEW_TOKENS, step=1),
    Control(name="at_step", label="Step", default=1, low=1, high=MAX_NEW_TOKENS, step=1),
    Control(name="plot", label="Look closer", default="candidates", undone=True),
    Control(name="surface", label="Over k and p", default="words", undone=True),
    Control(
        name="lesson", label="Lesson", default="", help="masks-3 is the third step of the lesson masks.", undone=True
    ),
    Control(
        name="cover",
        label="Cover results on every page",
        default="off",
        help="Outside of lessons too: predict, then reveal.",
        options=_same("on", "off"),
        undone=True,
    ),
    Control(
        name="notes",
        label="Teacher's notes",
        default="off",
        help="Below each answer, once it is revealed, and here: a class that sees this screen reads them too. Present hides them "
        "during a lesson.",
        options=_same("on", "off"),
        undone=True,
    ),
    Control(name="room", label="Room", default="", help="The code of a room in which a class votes.", undone=True),
    Control(
        name="present",
        label="Present",
        default="off",
        help="For a hall: large text and figures, without sidebar and small print.",
        options=_same("on", "off"),
        undone=True,
    ),
)
CONTROLS = {control.name: control for control in _ALL}

# Those that choose a view of a page.
VIEWS = ("topic", "look", "closer", "part", "view", "beam_view", "batch", "plot")

_RULE = ("pattern", "width", "first", "padding", "gap", "weights", "cells")
_WHERE = ("sentence", "side", "layer", "head", "query", "key")
# The controls of each page, by its title: those that its Reset sets back.
ON_PAGE = {
    "MaskScope": ("sentence", "weights", "cells"),
    "Tokens": ("side", "pad", "topic", "word"),
    "Masks": (*_WHERE, *_RULE, "fill", "look"),
    "Heads": (*_WHERE, "under", "closer", "gallery", "beside", "mean"),
    "Mechanics": (*_WHERE, "fill", "stage", "part", "rows"),
    "Generate": (
        *(
            "sentence",
            *_RULE,
            *(one.field for one in FILTERS),
            "order",
            "num_beams",
            "length_penalty",
            "early_stopping",
        ),
        *("seed", "drop_after", "max_new_tokens", "view", "beam_view", "batch", "step"),
    ),
    "Compare": (
        *("sentence", "settings", "samples", "noise", "against", "seed", "max_new_tokens"),
        *("prompts", "row", "sample", "at_step", "plot", "surface"),
    ),
    "Lessons": ("cover", "notes"),
}


def check_parameter(name: str, raw: str) -> None:
    """Raise ValueError, with what it takes, where `name` is no link parameter or does not take the value `raw`."""
    if name not in CONTROLS:
        raise ValueError(f"no page has a setting {name[:40]!r}")
    try:
        CONTROLS[name].parse(raw)
    except ValueError as error:
        raise ValueError(f"{name} = {raw[:40]!r} does not fit: it takes {error}") from None
