"""The table that edits the settings of a comparison: a line for each row, a column for each filter and setting of beams.

Every cell is text, read as the settings of a link are: a cell of numbers would put the nearest bound in the place of what does
not fit, and take letters for nothing, without a word.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from model_utils.compare import settings
from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import BEAM_SETTINGS, BeamSetting
from model_utils.generate.filters.filter_settings import FILTERS, SamplingSettings
from model_utils.generate.filters.one_filter import Filter, WordsFilter
from pages.common import controls
from pages.common.link_parameters import CONTROLS
from pages.compare.state import compare_state

_KEY, _ALL = "settings_table", "all_columns"
_SETTINGS: tuple[Filter | BeamSetting, ...] = (*FILTERS, *BEAM_SETTINGS)
# Of all columns those of the table, the usual ones first.
_MAIN, _OTHERS = ({one.field: one.off for one in FILTERS if one.main is main} for main in (True, False))
_OFF: dict[str, Any] = {
    **_MAIN,
    **{one.field: one.off for one in BEAM_SETTINGS},
    **_OTHERS,
    "order": SamplingSettings.order,
    "seed": None,
}
# In view at first; the others where a row uses them, or where all are asked for.
_FIRST = {*_MAIN, "num_beams"}


def toggle() -> None:
    """Draw the switch that shows all columns."""
    st.toggle("all columns", key=_ALL)


def draw(rows: tuple[settings.SettingsRow, ...]) -> None:
    """Draw the rows as a table that edits the text. While its own edits make the text, it keeps what it shows."""
    state, text, columns = compare_state(), settings.write(rows), _columns(rows)
    # The text was changed elsewhere: a link, a preset, by hand. A table of other columns forgets its edits, and so does one
    # that was not drawn for a run: in a closed box, or while another page was open.
    forgot = f"{_KEY}_{state.table_version}" not in st.session_state
    if forgot or state.table_text != text or state.table_columns != columns:
        state.table_rows, state.table_text, state.table_columns = rows, text, columns
        state.table_version += 1
    key = f"{_KEY}_{state.table_version}"
    st.data_editor(
        pd.DataFrame([_line(row) for row in state.table_rows], columns=list(_OFF)),
        key=key,
        column_order=columns,
        num_rows="dynamic",
        hide_index=False,
        on_change=_edited,
        args=(key,),
        height="content",
        placeholder="–",
        column_config={
            **{one.field: _column(one) for one in _SETTINGS},
            "order": st.column_config.TextColumn("order", help=CONTROLS["order"].help),
            "seed": st.column_config.TextColumn("own seed", help="Empty: the page's.", alignment="right"),
        },
    )
    off = [one.when_off for one in FILTERS if one.field in columns and one.field != "temperature"]
    st.caption(f"Off: {', '.join(off)}, beams 1. Temperature 0 is greedy; a beam search has no temperature.")


def _columns(rows: tuple[settings.SettingsRow, ...]) -> list[str]:
    """Return the columns that the table shows, in their order."""
    values = [_values(row) for row in rows]
    shown = {name for name, off in _OFF.items() if any(one[name] not in (off, None) for one in values)} | _FIRST
    if any(row.beams.on for row in rows):
        shown |= {one.field for one in BEAM_SETTINGS}
    return [name for name in _OFF if name in shown or st.session_state.get(_ALL)]


def _column(one: Filter | BeamSetting) -> Any:
    """Return what a column of the table takes: one of several words, or text."""
    if isinstance(one, BeamSetting) and one.options:
        words = dict(zip(one.options, one.words, strict=True))
        return st.column_config.SelectboxColumn(
            one.name, options=list(words), format_func=lambda one: words[str(one)], help=one.help
        )
    return st.column_config.TextColumn(
        one.name, help=one.help, alignment="left" if isinstance(one, WordsFilter) else "right"
    )


def _values(row: settings.SettingsRow) -> dict[str, Any]:
    """Return a row by columns; None where it has nothing: of a beam search the temperature, for nothing is drawn."""
    return row.values | {"seed": row.seed} | ({"temperature": None} if row.beams.on else {})


def _line(row: settings.SettingsRow) -> dict[str, str | None]:
    """Return a row as a line of the table."""
    return {name: None if value is None else _text(value) for name, value in _values(row).items()}


def _text(value: Any) -> str:
    """Return a value as it is typed."""
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def _edited(key: str) -> None:
    """Write the rows of the table as edited into the settings text; what does not fit changes nothing, and the box says why."""
    state, edits = compare_state(), st.session_state[key]
    lines: list[dict[str, Any]] = [_line(row) for row in state.table_rows]
    for number, changed in edits["edited_rows"].items():
        lines[int(number)] |= changed
    lines = [line for number, line in enumerate(lines) if number not in edits["deleted_rows"]]
    lines += [dict(added) for added in edits["added_rows"]]
    try:
        text = settings.write([_row(number, line) for number, line in enumerate(lines)])
        settings.parse(text)
    except InputError as error:
        state.refused = (str(error), controls.value("settings"))
        state.table_text = None  # shows the last good rows again
        return
    state.refused = ("", "")
    state.table_text = text
    controls.change(settings=text)


def _row(number: int, line: dict[str, Any]) -> settings.SettingsRow:
    """Return the row that a line of the table means; what it leaves empty is off. Raises InputError with its number."""
    cells = {name: str(cell).strip() for name, cell in line.items() if not pd.isna(cell)}
    try:
        values = {one.field: _value(one, cells[one.field]) for one in _SETTINGS if cells.get(one.field)}
        values |= {"order": cells["order"]} if cells.get("order") else {}
        return settings.make_row(values, _seed(cells.get("seed", "")))
    except InputError as error:
        raise InputError(f"Row {number}: {error}") from None


def _value(one: Filter | BeamSetting, cell: str) -> Any:
    """Return the value that a cell means. Raises InputError for what is no number where one is wanted."""
    if isinstance(one.off, str):
        return cell
    try:
        return one.parse(cell)
    except ValueError:
        number = "whole number" if isinstance(one.off, int) else "number"
        off = f" ({_text(one.off)} = off)" if isinstance(one, Filter) else ""
        bounds = f"a {number} from {one.low:,.10g} to {one.high:,.10g}{off}"
        raise InputError(f"{one.label} {cell[:20]!r} does not fit: write {bounds}.") from None


def _seed(cell: str) -> int | None:
    """Return the seed that a cell means, None where it is empty. Raises InputError for what is no whole number."""
    if not cell:
        return None
    if not cell.isdecimal() or len(cell) > settings.SEED_DIGITS:
        raise InputError(f"Own seed {cell[:20]!r} does not fit: write a whole number, or nothing for the page's seed.")
    return int(cell)
