"""The published controls at work: restored from links, kept over page switches, drawn. What they are: published.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.errors import StreamlitAPIException

from model_utils.generate.filters import SETTINGS
from model_utils.limits import MAX_LINK_CHARACTERS
from pages.common.link_parameters import CONTROLS, DEFAULT_TEXT, Control
from pages.common.markdown import literal

__all__ = ["CONTROLS", "DEFAULT_TEXT", "Control", "choice", "note", "number", "restore"]

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
    from model_utils.compare.settings import parse
    from model_utils.errors import InputError

    try:
        settings = parse(raw)[0].seeded(0)
    except InputError:
        return
    for name in SETTINGS:
        value = getattr(settings, name)
        if CONTROLS[name].admits(value):
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
    control, top = CONTROLS[name], bound(name, high)
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


def bound(name: str, high: float | None = None) -> float | None:
    """Return the upper bound of a published number, None for none; a value beyond it falls back, and the page says so."""
    control = CONTROLS[name]
    top = control.high if high is None else type(control.default)(high)
    value = st.session_state.get(name)
    if value is not None and top is not None and value > top:
        st.session_state[name] = control.default
        note(
            name,
            f"{control.label} {value} is not there, it goes from {control.low} to {top}: showing {control.default}.",
        )
    return top


def fits_link(text: str) -> bool:
    """Return whether `text` may travel in the address: at most MAX_LINK_CHARACTERS encoded characters."""
    return len(quote(text, safe="")) <= MAX_LINK_CHARACTERS
