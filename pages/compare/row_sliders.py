"""One row of a comparison, set by the sliders that Generate has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from model_utils.compare import settings
from model_utils.errors import InputError
from model_utils.generate.filters.filter_settings import FILTERS, PROCESSORS
from pages.common import controls, sampling_controls
from pages.common.controls import value
from pages.common.link_parameters import CONTROLS
from pages.compare.state import compare_state

_ROW = "edited_row"
_LARGEST = {one.field: one.high for one in FILTERS}
# What stays of a row that becomes a beam search.
_KEPT = tuple(one.field for one in PROCESSORS)


class RowHolder:
    """A row of the settings text, which holds the values that the sliders show and set."""

    def __init__(self, rows: Sequence[settings.SettingsRow], number: int) -> None:
        self._rows, self._number = rows, number
        self._values = rows[number].values

    def key(self, name: str) -> str:
        """Return the key of the widget of a control: that of the page has the control's own name."""
        return f"edited_{name}"

    def value(self, name: str) -> Any:
        """Return the row's value of a control."""
        return self._values[name]

    def top(self, name: str, high: float | None) -> float | None:
        """Return the upper bound of a control, or of its filter where the row has more: a row may."""
        top = CONTROLS[name].high if high is None else high
        return _LARGEST[name] if top is not None and self._values[name] > top else top

    def changed(self, name: str) -> None:
        """Write what a widget holds by now into the row. A callback."""
        if not controls.put_away(name, self):
            self.change(**{name: st.session_state[self.key(name)]})

    def change(self, **values: Any) -> None:
        """Write new values into the row; what does not fit changes nothing, and a note says why. A callback."""
        before, beams = self._values, values.get("num_beams")
        if beams == 1:
            before = {name: one for name, one in before.items() if name not in sampling_controls.BEAMS}
        elif beams is not None and not self._rows[self._number].beams.on:
            before = {name: before[name] for name in _KEPT}
        rows = list(self._rows)
        try:
            seed = None if beams is not None and beams > 1 else rows[self._number].seed
            rows[self._number] = settings.make_row({**before, **values}, seed)
        except InputError as error:
            compare_state().refused = (str(error), value("settings"))
            return
        controls.change(settings=settings.write(rows))


def draw(rows: Sequence[settings.SettingsRow]) -> None:
    """Draw the choice of a row, and its sliders."""
    state = st.session_state
    state[_ROW] = min(int(state.get(_ROW, value("row"))), len(rows) - 1)
    of = RowHolder(rows, state[_ROW])
    with st.container(key="edited_buttons"):
        which, how, more = st.columns([4, 4, 2], vertical_alignment="bottom")
    which.selectbox("Row", range(len(rows)), format_func=lambda row: f"{row} · {settings.name(rows[row])}", key=_ROW)
    with how:
        sampling_controls.how(of)
    with more:
        popover = sampling_controls.more(of)
    if popover.open:
        with popover:
            sampling_controls.others(of)
    sampling_controls.dials(of)
