"""The controls of how the next word is chosen, of Generate and of a row of Compare: filters and beams, from their tables.

`of` is who holds the values: the page, unless it is a row of settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS
from model_utils.generate.filters.filter_settings import FILTERS, PROCESSORS
from model_utils.generate.filters.one_filter import WordsFilter
from pages.common import controls
from pages.common.controls import PAGE, Holder
from pages.common.link_parameters import CONTROLS

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

IN_A_ROW = 4  # filters in view because they are on
BEAMS, CHOICES = tuple(one.field for one in BEAM_SETTINGS), tuple(one.field for one in BEAM_SETTINGS if one.options)
DRAW, SEARCH = "sampling", "beam search"
MANY = 4  # beams at first
_MORE = "more_filters"
TEXTUAL = tuple(one.field for one in PROCESSORS)
WORDS = tuple(one.field for one in FILTERS if isinstance(one, WordsFilter))
MAIN, OTHER_FILTERS = ([one.field for one in FILTERS if one.main is main] for main in (True, False))
SLIDER_HIGH = {one.field: one.slider_high for one in FILTERS if one.slider_high is not None}


def searching(of: Holder = PAGE) -> bool:
    """Return whether the controls ask for a beam search."""
    return bool(of.value("num_beams") > 1)


def greedy(of: Holder = PAGE) -> bool:
    """Return whether the likeliest word is taken, whatever the filters and the seed."""
    return bool(of.value("temperature") == 0) and not searching(of)


def dials(of: Holder = PAGE) -> None:
    """Draw what is always in view, of a draw or of a beam search, and below it the filters that are on.

    Grey is what has no effect beside a temperature of 0.
    """
    names = BEAMS if searching(of) else MAIN
    with st.container(key=of.key("dials")):
        for name, place in zip(names, st.columns(len(names), gap="medium"), strict=True):
            with place:
                controls.listed(name, of=of) if name in CHOICES else _dial(
                    name, of, idle=greedy(of) and name != "temperature"
                )
    _those_on(of)


def how(of: Holder = PAGE) -> None:
    """Draw the choice how the next token is chosen: it stands for the number of beams."""
    key = of.key("how")
    now = SEARCH if searching(of) else DRAW
    controls.hold(key, now)
    st.segmented_control(
        "How the next token is chosen",
        [DRAW, SEARCH],
        default=now,
        required=True,
        key=key,
        on_change=lambda: of.change(num_beams=MANY if st.session_state[key] == SEARCH else 1),
        disabled=controls.waits(),
        help="Sampling: at each step a token is drawn from the filtered probabilities; at temperature 0 the likeliest is taken. "
        "Beam search: several texts grow side by side, and the likeliest as a whole wins.",
    )


def more(of: Holder = PAGE) -> PopoverContainer:
    """Draw the button that opens a box, and return the box: what stands in it is drawn where it is open."""
    return st.popover("More", key=of.key(_MORE), width="stretch", on_change="rerun")


def others(of: Holder = PAGE) -> None:
    """Draw the further filters and the order of all, for the box: a filter that is set there stays there until it closes."""
    names = _used(of)
    for name in names:
        _filter(name, of)
    if searching(of):
        st.caption("A beam search draws nothing: temperature and filters have no effect on it.")
    else:
        controls.field("order", of=of)


def _dial(name: str, of: Holder, *, idle: bool) -> None:
    """Draw a published number as a slider over the usual values, and as a box that takes all."""
    control, box = CONTROLS[name], f"{of.key(name)}_box"
    slider, typed = st.columns([2.6, 1], vertical_alignment="bottom", gap="small")
    with slider:
        _slider(name, of, idle=idle)
    controls.hold(box, of.value(name))
    typed.number_input(
        f"{control.label}, typed",
        control.low,
        of.top(name, None),
        of.value(name),
        step=control.step,
        key=box,
        on_change=lambda: None if controls.put_away(name, of) else of.change(**{name: st.session_state[box]}),
        label_visibility="collapsed",
        disabled=idle or controls.waits(),
    )


def _those_on(of: Holder) -> None:
    """Draw the filters that are in view only while they are on; off, or while the box is open, they stand there."""
    names = [] if st.session_state.get(of.key(_MORE)) else [name for name in _used(of) if _changed(name, of)]
    with st.container(key=of.key("dials_on")):  # empty too: what stands below it keeps its place
        for start in range(0, len(names), IN_A_ROW):
            for place, name in zip(st.columns(IN_A_ROW), names[start : start + IN_A_ROW], strict=False):
                with place:
                    _filter(name, of)


def _filter(name: str, of: Holder) -> None:
    """Draw the control of one filter."""
    if name in WORDS:
        controls.field(name, of=of)
    else:
        _slider(name, of)


def _slider(name: str, of: Holder, *, idle: bool = False) -> None:
    """Draw a published number as a slider, widened for the session when a link asks for more than is usual."""
    high = None
    if name in SLIDER_HIGH:
        key = f"_high_{of.key(name)}"
        if of.value(name) > st.session_state.setdefault(key, SLIDER_HIGH[name]):
            st.session_state[key] = of.top(name, None)
        high = st.session_state[key]
    controls.number(name, slider=True, high=high, disabled=idle, of=of)


def _used(of: Holder) -> Sequence[str]:
    """Return the filters beside the main ones that have an effect: on beams only what looks at the text so far has."""
    return [name for name in OTHER_FILTERS if name in TEXTUAL] if searching(of) else OTHER_FILTERS


def _changed(name: str, of: Holder) -> bool:
    return bool(of.value(name) != CONTROLS[name].default)
