"""Every widget key and link parameter: name, label, default, bounds. Links and tests rely on the names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_utils.generate.filters import FILTERS, LETTERS, SamplingSettings
from model_utils.limits import MAX_NEW_TOKENS, MAX_SAMPLES, MAX_SETTINGS
from model_utils.models.registry import BUNDLED_ID

DEFAULT_TEXT = "It will rain in the\nI want to eat a big bowl of\nMy dog is"


@dataclass(frozen=True, kw_only=True)
class Control:
    """One published control. `low` and `high` are the bounds of a number that hold whatever the model and text."""

    name: str
    label: str
    default: Any
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()

    def parse(self, raw: str) -> Any:
        """Return the value that `raw`, a link parameter, means. Raises ValueError with what it takes when it means none."""
        if self.options and raw not in self.options:
            raise ValueError(" or ".join(self.options))
        if not isinstance(self.default, int | float):
            return raw
        try:
            value = type(self.default)(raw)
        except ValueError:
            raise ValueError("a whole number" if isinstance(self.default, int) else "a number") from None
        if not self.admits(value):
            raise ValueError(f"{self.low:g} to {self.high:g}" if self.high is not None else f"{self.low:g} or more")
        return value

    def admits(self, value: float) -> bool:
        """Return whether `value` lies within the bounds; NaN does not."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


_ALL = (
    Control(name="model", label="Model", default=BUNDLED_ID),
    Control(
        name="text",
        label="Sentences",
        default=DEFAULT_TEXT,
        help="One per line. A typed \\n is a line break, <|endoftext|> the special token; trailing spaces count.",
    ),
    Control(name="side", label="Padding side", default="left", options=("left", "right")),
    Control(name="pad", label="Pad token id", default=50256, low=0, high=50256, step=1),
    Control(name="word", label="Word", default=" unbelievable", help="A space before it belongs to it."),
    Control(name="sentence", label="Sentence", default=0, low=0, high=15, step=1, help="Counted from 0."),
    Control(name="layer", label="Layer", default=0, low=0, step=1, help="Counted from 0."),
    Control(name="head", label="Head", default=0, low=0, step=1, help="Counted from 0."),
    Control(name="query", label="Reading word", default=-1, low=-1, step=1, help="Counted from 0; -1 = last."),
    Control(name="key", label="Word that is read", default=0, low=-1, step=1, help="Counted from 0; -1 = last."),
    Control(
        name="pattern",
        label="Pattern",
        default="causal",
        options=("causal", "bidirectional", "prefix", "window", "sink", "documents"),
    ),
    Control(name="width", label="Width", default=4, low=1, high=1024, step=1, help="The word itself counts."),
    Control(name="first", label="First words", default=1, low=0, high=1024, step=1),
    Control(name="padding", label="Padding mask", default="on", options=("on", "off")),
    Control(name="gap", label="Gap", default="hole", options=("hole", "close")),
    Control(name="fill", label="Fill value", default="min", options=("min", "-10000", "-inf")),
    Control(name="weights", label="Hand mask", default="", help="token:weight pairs, such as 3:0.5,4:0."),
    Control(name="cells", label="Single cells", default="", help="query-key pairs, such as 5-2,6-2."),
    Control(name="stage", label="Stage", default="score", options=("score", "mask", "exp", "weight", "values")),
    Control(
        name="part",
        label="More",
        default="matrices",
        options=("matrices", "without the mask", "fill values", "wrong ways", "loss"),
    ),
    Control(
        name="look",
        label="Look closer",
        default="Stack",
        options=("Stack", "Patterns", "Word list", "Half a word", "Dial", "Says and does", "More and more", "On trial"),
    ),
    Control(
        name="closer",
        label="Look closer",
        default="nothing",
        options=(
            "nothing",
            "measures",
            "side by side",
            "lines",
            "beside another",
            "first column",
            "find",
            "many as one",
        ),
    ),
    Control(
        name="under",
        label="Run",
        default="under the mask",
        options=("under the mask", "without it"),
        help="The hand mask and the pattern of the Masks page.",
    ),
    Control(
        name="gallery",
        label="Which heads",
        default="a layer",
        options=(
            "a layer",
            "previous token",
            "first token",
            "itself",
            "same token",
            "induction",
            "widest (bits)",
            "looks back furthest",
        ),
    ),
    Control(
        name="beside",
        label="Beside",
        default="another head",
        options=("another head", "without the mask", "another sentence", "another model"),
    ),
    Control(name="mean", label="Mean", default="layer", options=("layer", "all heads", "rollout")),
    Control(name="picture", label="Pictures are saved as", default="png", options=("png", "svg")),
    Control(name="rows", label="Rows are", default="queries", options=("queries", "keys")),
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
        for one in FILTERS
    ),
    Control(
        name="order",
        label="Order of the filters",
        default=SamplingSettings.order,
        help=f"{LETTERS}; from left to right. A letter left out stands where transformers puts it.",
    ),
    Control(
        name="view",
        label="Look closer",
        default="candidates",
        options=("candidates", "waterfall", "ranks", "dice", "steps", "mask"),
    ),
    Control(
        name="batch",
        label="The batch itself",
        default="nothing",
        options=("nothing", "one by one", "as decoded"),
    ),
    Control(name="seed", label="Seed", default=SamplingSettings.seed, low=0, high=2**31 - 1, step=1),
    Control(
        name="drop_after",
        label="Drop the prompt after",
        default=0,
        low=0,
        high=MAX_NEW_TOKENS,
        step=1,
        help="So many new tokens; 0 = never.",
    ),
    Control(name="max_new_tokens", label="New tokens", default=40, low=1, high=MAX_NEW_TOKENS, step=1),
    Control(
        name="settings",
        label="Settings to compare",
        default="t1;k50;p0.9;t0",
        help=f"Rows between semicolons, values between commas: {LETTERS}, o order, s seed. "
        "What a row does not name is off: t1 is pure sampling, t0 greedy.",
    ),
    Control(
        name="samples",
        label="Samples",
        default=1,
        low=1,
        high=MAX_SAMPLES,
        step=1,
        help="Texts of each setting; each has dice of its own.",
    ),
    Control(
        name="noise",
        label="Dice",
        default="shared",
        options=("shared", "own"),
        help="Shared: every setting meets the same luck. Own: row n draws with the seed plus n.",
    ),
    Control(name="against", label="Against model", default="none"),
    Control(name="row", label="Row", default=0, low=0, high=MAX_SETTINGS - 1, step=1, help="Counted from 0."),
    Control(name="sample", label="Sample", default=0, low=0, high=MAX_SAMPLES - 1, step=1, help="Counted from 0."),
    Control(name="at_step", label="Step", default=1, low=1, high=MAX_NEW_TOKENS, step=1),
    Control(
        name="plot",
        label="Look closer",
        default="map",
        options=("map", "measures", "over steps", "what grows"),
    ),
    Control(
        name="surface",
        label="Over k and p",
        default="words",
        options=("words", "chance", "entropy", "drawn word"),
    ),
)
CONTROLS = {control.name: control for control in _ALL}
