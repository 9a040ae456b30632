"""The published controls at work: read from links, kept over page switches, drawn, written back into the address.

The address belongs to this file alone. No widget is bound to a query parameter by Streamlit, so that one parser decides what
a link means, labels are free, and a change of several values is one step of the browser's history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS
from model_utils.generate.filters.filter_settings import FILTERS
from model_utils.limits import MAX_LINK_CHARACTERS
from pages.common.components.history import keep_history
from pages.common.lesson import lesson_steps
from pages.common.link_parameters import CONTROLS, Labelled
from pages.common.markdown import literal

# A link parameter that is taken at once and leaves the address: a row of Compare, for the controls of Generate.
TAKE = "take"
# A step of a lesson was asked for in this run: the page goes to that of the step.
OPENS = "_opens_step"
# The address as this session has last read or written it: what differs from it was asked for by a link.
_ADDRESS = "_address"
# Whether the page in view is that of a step whose results are covered: its controls stay as the step has set them.
WAITS = "_step_waits"
_NOTES, _NOTES_PLACE = "_notes", "_notes_place"
# Per key of a widget the value, page and options with which it was last drawn: on another page it is a new one to Streamlit.
_HELD, _NOTHING = "_held", object()
_OF_BEAMS = tuple(one.field for one in BEAM_SETTINGS)
# Characters of a refused link value that a note repeats.
_QUOTED = 20


def value(name: str, high: float | None = None) -> Any:
    """Return the present value of the published control `name`, drawn or not; in a callback, what the same click left.

    Above `high` it is the default, to which drawing it falls back.
    """
    present = st.session_state.get(name, CONTROLS[name].default)
    return CONTROLS[name].default if high is not None and present > high else present


def restore() -> None:
    """Take what the address asks for, carry every other published value over, and write the address anew.

    Call once per run, before any widget. The address counts at the first run of a session, when the reader went back or
    forward in the browser's history, and where a link inside the app changed it. What a link asks for in vain is noted.

    A link that names a step of a lesson sets all controls as the step does, but for those that it names itself.
    """
    state = st.session_state
    first = _ADDRESS not in state
    navigated = not first and _navigated()
    known = state.get(_ADDRESS, {})
    opened = _read_lesson(known, navigated=navigated, first=first)
    start = lesson_steps.values(value("lesson"))
    asked = st.query_params.to_dict()
    for name in CONTROLS:
        raw = asked.get(name)
        if name == "lesson":
            continue
        if raw is not None and (first or navigated or opened or raw != known.get(name)):
            _read(name, raw)
        elif (navigated or (opened and name in start)) and fits_link(str(value(name))):
            state[name] = start.get(name, CONTROLS[name].default)
    _take()
    if not state.get(OPENS):
        publish()


def _read_lesson(known: Mapping[str, str], *, navigated: bool, first: bool) -> bool:
    """Take over which step of which lesson the address asks for, and return whether it asks for one anew."""
    state, raw = st.session_state, st.query_params.get("lesson")
    if raw is None or not (first or navigated or raw != known.get("lesson")):
        state["lesson"] = "" if navigated and raw is None else value("lesson")
        return False
    found = lesson_steps.place(raw)
    state["lesson"] = "" if found is None else raw
    if found is None:
        note("lesson", f"The link asks for lesson = {quoted(raw)}, which is no step of a lesson: see the page Lessons.")
    elif not navigated:
        state[OPENS] = True
    return found is not None


def draw_history() -> None:
    """Draw what tells the browser which changes are steps of its history; it takes no room."""
    keep_history([name for name, control in CONTROLS.items() if not control.undone])


def _navigated() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _read(name: str, raw: str) -> None:
    """Give a control the value that the address asks for, or its default with a note."""
    control = CONTROLS[name]
    try:
        st.session_state[name] = control.parse(raw)
    except ValueError as error:
        st.session_state[name] = control.default
        note(
            name, f"The link asks for {name} = {quoted(raw)}, but it takes {error}: showing {_shown(control.default)}."
        )


def _take() -> None:
    """Set the controls of Generate as the link's TAKE says, a row as Compare writes it; nonsense changes nothing.

    Of a beam search the filters and the seed stay as they are: it does not look at them.
    """
    raw = st.query_params.get(TAKE)
    if raw is None:
        return
    from model_utils.compare.settings import parse
    from model_utils.errors import InputError

    del st.query_params[TAKE]
    try:
        row = parse(raw)[0]
    except InputError:
        return
    idle = {one.field for one in FILTERS if not one.processor} | {"order"} if row.beams.on else set()
    values = row.values if row.beams.on else row.values | {"seed": row.seeded(0).seed}
    for name, asked in values.items():
        if name not in idle and CONTROLS[name].admits(asked):
            st.session_state[name] = asked


def publish() -> None:
    """Write into the address whatever differs from its default: all of it in one step of the browser's history.

    In a lesson that is what differs from its step, which the link names.
    """
    held = st.session_state.to_dict().keys()  # to ask for what is not there takes a millisecond for all
    start = lesson_steps.values(value("lesson"))
    wanted = {
        name: text
        for name, control in CONTROLS.items()
        if (now := value(name) if name in held else control.default) != start.get(name, control.default)
        and fits_link(text := control.written(now))
    }
    present = st.query_params.to_dict()
    others = {name: text for name, text in present.items() if name not in CONTROLS}
    if {name: text for name, text in present.items() if name in CONTROLS} != wanted or _repeated(present):
        st.query_params.from_dict({**others, **wanted})
    st.session_state[_ADDRESS] = wanted


def changed() -> None:
    """Write a widget's new value into the address. A callback.

    Not while the reader goes back or forward: what a widget still holds then is of the page that was left.
    """
    if not _navigated():
        publish()


def _repeated(present: Mapping[str, str]) -> bool:
    return any(len(st.query_params.get_all(name)) > 1 for name in present)


def change(**values: Any) -> None:
    """Give published controls new values, in the address too. In a callback, or before their widgets are drawn."""
    for name, new in values.items():
        if value(name) != new:
            st.session_state[name] = new
    publish()


def reset(names: Sequence[str]) -> None:
    """Give published controls the values that they begin with: their defaults, or those of the step. A callback."""
    start = lesson_steps.values(value("lesson"))
    for name in names:
        if name in start:
            st.session_state[name] = start[name]
        else:
            st.session_state.pop(name, None)
    publish()


def quoted(raw: str) -> str:
    """Return a value that somebody else wrote as inline code for a sentence in Markdown: no link or picture comes of it."""
    text = "".join(character if character.isprintable() and character != "`" else "'" for character in raw)
    return f"`{text[:_QUOTED]}{'…' if len(text) > _QUOTED else ''}`" if text.strip() else "nothing"


def note(name: str, sentence: str) -> None:
    """Show `sentence`, as Markdown, above the page until the control `name` gets another value."""
    st.session_state.setdefault(_NOTES, {})[name] = (sentence, value(name))
    if _NOTES_PLACE in st.session_state:
        st.session_state[_NOTES_PLACE].info(sentence)


def draw_notes() -> None:
    """Draw the notes whose control still has the value that they speak of, and make this the place for new ones."""
    notes = st.session_state.get(_NOTES, {})
    alive = {name: (line, about) for name, (line, about) in notes.items() if value(name) == about}
    st.session_state[_NOTES] = alive
    st.session_state[_NOTES_PLACE] = place = st.container()
    for line, _ in alive.values():
        place.info(line)


def noted(name: str) -> bool:
    """Return whether the page says why the control `name` has the value that it has."""
    notes: dict[str, tuple[str, Any]] = st.session_state.get(_NOTES, {})
    return name in notes and notes[name][1] == value(name)


def hold(key: str, wanted: Any, *options: Any) -> None:
    """Have the widget `key`, drawn next, hold `wanted`; `options` are what it can be set to, where that varies.

    It is set once after each change, also after one by the reader, in case the browser has just been told something older; not
    in every run. What is set travels to the browser, and there it would undo a click that is on its way here: the next message
    would bring the old value back. Draw it with `wanted` as its default too: what was set is lost where another run begins
    before it has been sent.
    """
    context = get_script_run_ctx()
    held: dict[str, Any] = st.session_state.setdefault(_HELD, {})
    drawn = (wanted, None if context is None else context.page_script_hash, *options)
    if held.get(key) != drawn or st.session_state.get(key, _NOTHING) != wanted:
        st.session_state[key] = wanted
    held[key] = drawn


class Holder(Protocol):
    """Who holds the values that widgets of published controls show and set: the page, or a row of settings."""

    def key(self, name: str) -> str:
        """Return the key of the widget of a control."""

    def value(self, name: str) -> Any:
        """Return the present value of a control."""

    def top(self, name: str, high: float | None) -> float | None:
        """Return the upper bound of a number, `high` where that is narrower."""

    def changed(self, name: str) -> None:
        """Take over what the widget of a control holds by now. A callback."""

    def change(self, **values: Any) -> None:
        """Take over new values. A callback."""


# The choice beside it changes this control and takes its widget away: its value must not stand under the widget's key.
_KEYS = {"num_beams": "num_beams_dial"}


def put_away(name: str, of: Holder) -> bool:
    """Return whether a control belongs to a beam search where there is none: its widget is not on the page.

    The browser, which may not have put it away yet, says its value with the next click, and Streamlit takes that for a change.
    """
    return name in _OF_BEAMS and of.value("num_beams") == 1


class _PageHolder:
    """The page holds its values under their own names, and in the address."""

    def key(self, name: str) -> str:
        return _KEYS.get(name, name)

    def value(self, name: str) -> Any:
        return value(name)

    def top(self, name: str, high: float | None) -> float | None:
        return bound(name, high)

    def changed(self, name: str) -> None:
        if put_away(name, self):
            return
        if name in _KEYS:
            st.session_state[name] = st.session_state[_KEYS[name]]
        changed()

    def change(self, **values: Any) -> None:
        change(**values)


PAGE: Holder = _PageHolder()


def waits() -> bool:
    """Return whether the controls of the page stay as a step has set them, until its results are revealed."""
    return bool(st.session_state.get(WAITS))


def choice(
    name: str,
    options: Mapping[str, str | Labelled] | None = None,
    *,
    show_label: bool = True,
    idle: str = "",
    of: Holder = PAGE,
) -> str:
    """Draw a published choice as a row of buttons and return its id; without its label where the options say enough.

    Where `idle` says why it has no effect, it cannot be changed.

    `options` are ids with their labels or views; without them, those of the control. An id that is not among them falls back
    to the default, and the page says so.
    """
    control = CONTROLS[name]
    labels = {
        one: entry if isinstance(entry, str) else entry.label for one, entry in (options or control.options).items()
    }
    asked, key = of.value(name), of.key(name)
    if asked not in labels:
        st.session_state[name] = control.default
        note(name, f"{control.label} has no {quoted(str(asked))}: showing {literal(labels[control.default])}.")
        publish()
    hold(key, of.value(name), *labels.values())
    st.segmented_control(
        control.label,
        list(labels),
        default=of.value(name),
        format_func=labels.__getitem__,
        required=True,
        key=key,
        persist_state="session",
        on_change=of.changed,
        args=(name,),
        help=idle or control.help or None,
        label_visibility="visible" if show_label else "collapsed",
        disabled=bool(idle) or waits(),
    )
    return str(of.value(name))


def listed(name: str, *, of: Holder = PAGE) -> str:
    """Draw a published choice with long labels as a list that opens, and return its id."""
    control, key = CONTROLS[name], of.key(name)
    ids = list(control.options)
    hold(key, of.value(name))
    st.selectbox(
        control.label,
        ids,
        index=ids.index(of.value(name)),
        format_func=lambda one: str(control.options[one]),
        key=key,
        persist_state="session",
        on_change=of.changed,
        args=(name,),
        help=control.help or None,
        disabled=waits(),
    )
    return str(of.value(name))


def switch(name: str) -> bool:
    """Draw a published choice of `on` and `off` as a switch and return whether it is on."""
    key = f"_switch_{name}"
    hold(key, value(name) == "on")
    return st.toggle(
        CONTROLS[name].label,
        value(name) == "on",
        key=key,
        on_change=lambda: change(**{name: "on" if st.session_state[key] else "off"}),
        help=CONTROLS[name].help or None,
        disabled=waits(),
    )


def number(
    name: str,
    *,
    high: float | None = None,
    slider: bool = False,
    label: str | None = None,
    bare: bool = False,
    disabled: bool = False,
    bounded: bool = True,
    of: Holder = PAGE,
) -> Any:
    """Draw a published number and return it, as a slider or a box. `high` narrows the bound to the model or text.

    A `bare` one has no help beside its label; a `disabled` one shows its value and cannot be changed; a box that is not
    `bounded` takes any number, and its page refuses what does not fit. A value beyond `high`, left over from another model or
    text or asked for by a link, falls back and the page says so.
    """
    control, top, key = CONTROLS[name], of.top(name, high), of.key(name)
    hold(key, of.value(name), control.low, top)
    draw = st.slider if slider else st.number_input
    fine = isinstance(control.step, float) and control.step < 0.01
    return draw(
        label or control.label,
        min_value=control.low if bounded else None,
        max_value=top if bounded else None,
        value=of.value(name),
        step=control.step,
        format="%.4f" if fine else None,
        key=key,
        persist_state="session",
        on_change=of.changed,
        args=(name,),
        help=None if bare else control.help or None,
        disabled=disabled or waits(),
    )


def item(name: str, texts: Sequence[str], *, label: str | None = None, show_label: bool = True) -> int:
    """Draw a published place in a list, as the list of its texts, and return it, counted from 0.

    Texts that come more than once bear their place. A control whose default is -1 keeps the last one as such, so that it
    stays the last when the list grows. A place beyond the list falls back, and the page says so.
    """
    control, last = CONTROLS[name], len(texts) - 1
    bound(name, last)
    places = [*range(last), -1 if control.default == -1 else last]
    chosen = value(name) % len(texts)
    hold(name, places[chosen], *texts)
    st.selectbox(
        label or control.label,
        places,
        index=chosen,
        format_func=told_apart(texts).__getitem__,
        key=name,
        persist_state="session",
        on_change=changed,
        help=control.help or None,
        label_visibility="visible" if show_label else "collapsed",
        disabled=waits(),
    )
    return int(value(name)) % len(texts)


def told_apart(texts: Sequence[str]) -> list[str]:
    """Return the texts of a list; those that come more than once bear their place, counted from 0."""
    often = Counter(texts)
    return [text if often[text] == 1 else f"{text} ({place})" for place, text in enumerate(texts)]


def field(name: str, *, of: Holder = PAGE, **options: Any) -> str:
    """Draw a published text as a line to type in and return it; `options` go to `st.text_input`."""
    control, key = CONTROLS[name], of.key(name)
    hold(key, of.value(name))
    return str(
        st.text_input(
            control.label,
            of.value(name),
            key=key,
            persist_state="session",
            on_change=of.changed,
            args=(name,),
            help=control.help or None,
            disabled=waits(),
            **options,
        )
    )


def bound(name: str, high: float | None = None) -> float | None:
    """Return the upper bound of a published number, None for none; a value beyond it falls back, and the page says so."""
    control = CONTROLS[name]
    top = control.high if high is None else type(control.default)(high)
    asked = value(name)
    if top is not None and asked > top:
        st.session_state[name] = control.default
        note(
            name,
            f"{control.label} {_shown(asked)} is not there, it takes {control.takes(top)}: "
            f"showing {_shown(control.default)}.",
        )
        publish()
    return top


def _shown(asked: Any) -> str:
    """Return a value as a note names it."""
    return f"{asked:,}" if isinstance(asked, int | float) else literal(str(asked))


def fits_link(text: str) -> bool:
    """Return whether `text` may travel in the address: at most MAX_LINK_CHARACTERS encoded characters."""
    return len(quote(text, safe="", errors="surrogatepass")) <= MAX_LINK_CHARACTERS
