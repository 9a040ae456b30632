"""Every widget key and link parameter: name, label, default, bounds. Links and tests rely on the names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.errors import StreamlitAPIException

from model_utils.limits import MAX_LINK_CHARACTERS, MAX_NEW_TOKENS, MAX_SAMPLES, MAX_SETTINGS
from model_utils.registry import BUNDLED_ID
from pages.common.literal import literal

# Every order of temperature, top-k, top-p and min-p.
ORDERS = tuple("".join(letters) for letters in permutations("tkpm"))

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
        name="closer", label="Look closer", default="nothing", options=("nothing", "measures", "find", "many as one")
    ),
    Control(name="mean", label="Mean", default="layer", options=("layer", "all heads", "rollout")),
    Control(name="rows", label="Rows are", default="queries", options=("queries", "keys")),
    Control(name="temperature", label="Temperature", default=1.0, low=0.0, high=5.0, step=0.05),
    Control(name="top_k", label="Top-k", default=50, low=0, high=50257, step=1),
    Control(name="top_p", label="Top-p", default=0.95, low=0.0, high=1.0, step=0.01),
    Control(name="min_p", label="Min-p", default=0.0, low=0.0, high=1.0, step=0.01, help="0 = off."),
    Control(name="order", label="Order of the filters", default="tkpm", options=ORDERS),
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
    Control(name="seed", label="Seed", default=0, low=0, high=2**31 - 1, step=1),
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
        help="Rows between semicolons, values between commas: t temperature, k top-k, p top-p, m min-p, o order, s seed. "
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

# A link parameter that is taken at once and leaves the address: a row of Compare, for the controls of Generate.
TAKE = "take"


def restore() -> None:
    """Carry every published value over page switches and cold links; note what a link asks for in vain.

    Call once per run, before any widget. Streamlit drops parameters bound to another page's widgets on the first switch
    after a cold link, and values of widgets that a page does not draw; assigning them keeps them.
    """
    _take()
    for name, control in CONTROLS.items():
        raw = st.query_params.get(name)
        if name in st.session_state:
            st.session_state[name] = value = st.session_state[name]
            if raw is None and value != control.default:
                _carry(name, value)
        elif raw is not None:
            try:
                st.session_state[name] = control.parse(raw)
            except ValueError as error:
                # The default stands in from now on, so that the sentence is said once.
                st.session_state[name] = control.default
                note(name, f"The link asks for {name}={raw[:40]!r}, but it takes {error}: showing {control.default}.")


def _take() -> None:
    """Set the controls of Generate as the link's TAKE says, a row as Compare writes it; nonsense changes nothing."""
    raw = st.query_params.get(TAKE)
    if raw is None:
        return
    del st.query_params[TAKE]
    from model_utils.compare import parse
    from model_utils.errors import InputError

    try:
        settings = parse(raw)[0].seeded(0)
    except InputError:
        return
    for name in ("temperature", "top_k", "top_p", "min_p", "order", "seed"):
        value = getattr(settings, name)
        if CONTROLS[name].options or CONTROLS[name].admits(value):
            st.session_state[name] = value


def _carry(name: str, value: Any) -> None:
    """Put `value` back into the address, from which a page switch took it."""
    if isinstance(value, str) and not fits_link(value):
        return
    # A parameter whose widget is on the page already belongs to that widget, which keeps the address itself.
    with suppress(StreamlitAPIException):
        st.query_params[name] = str(value)


def note(name: str, sentence: str) -> None:
    """Show `sentence`, as text, above the page until the control `name` gets another value."""
    st.session_state.setdefault("_notes", {})[name] = (sentence, st.session_state.get(name))
    if "_notes_place" in st.session_state:
        st.session_state["_notes_place"].info(literal(sentence))


def draw_notes() -> None:
    """Draw the notes whose control still has the value that they speak of, and make this the place for new ones."""
    notes = st.session_state.get("_notes", {})
    alive = {name: (line, value) for name, (line, value) in notes.items() if st.session_state.get(name) == value}
    st.session_state["_notes"] = alive
    st.session_state["_notes_place"] = place = st.container()
    for line, _ in alive.values():
        place.info(literal(line))


def choice(name: str, options: Sequence[str], *, on: Callable[..., Any] | None = None, show_label: bool = True) -> str:
    """Draw a published choice as a row of buttons and return it; without its label where the options say enough."""
    control = CONTROLS[name]
    picked = (on or st.segmented_control)(
        control.label,
        options,
        default=control.default,
        required=True,
        key=name,
        bind="query-params",
        help=control.help or None,
        label_visibility="visible" if show_label else "collapsed",
    )
    return str(picked)


def number(
    name: str, *, high: float | None = None, slider: bool = False, label: str | None = None, bare: bool = False
) -> Any:
    """Draw a published number and return it, as a slider or a box. `high` narrows the bound to the model or text.

    A `bare` one has no help beside its label.

    A value beyond `high`, left over from another model or text or asked for by a link, falls back and the page says so.
    """
    control = CONTROLS[name]
    top = control.high if high is None else type(control.default)(high)
    value = st.session_state.get(name)
    if value is not None and top is not None and value > top:
        st.session_state[name] = control.default
        note(
            name,
            f"{control.label} {value} is not there, it goes from {control.low} to {top}: showing {control.default}.",
        )
    draw = st.slider if slider else st.number_input
    return draw(
        label or control.label,
        min_value=control.low,
        max_value=top,
        value=control.default,
        step=control.step,
        key=name,
        bind="query-params",
        help=None if bare else control.help or None,
    )


def fits_link(text: str) -> bool:
    """Return whether `text` may travel in the address: at most MAX_LINK_CHARACTERS encoded characters."""
    return len(quote(text, safe="")) <= MAX_LINK_CHARACTERS
