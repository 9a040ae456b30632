"""The controls of the Compare page: what is compared, and the table that edits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from model_utils.compare import settings
from model_utils.errors import InputError
from model_utils.generate.filters import SamplingSettings
from model_utils.limits import MAX_SETTINGS
from model_utils.models.registry import registry
from model_utils.tokens.batch import BatchKey
from pages.common import cache, controls, frame, link_parameters
from pages.common.link_parameters import CONTROLS
from pages.compare import run

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.tokens.batch import TokenBatch

NONE = "none"
# What one click adds as a row, and what replaces all rows: settings, and samples of each.
ROWS = {
    "greedy": "t0",
    "k = 2": "k2",
    "k = 50": "k50",
    "p = 0.9": "p0.9",
    "p = 0.9, T = 0.7": "t0.7,p0.9",
    "pure sampling": "t1",
    "min-p 0.1": "m0.1",
}
SETS = {
    "Four telling rows": (CONTROLS["settings"].default, 1),
    "The seven usual": (";".join(["t1", "k50", "k2", "p0.9", "t0.7,p0.9", "m0.1", "t0"]), 1),
    "Ladder of k": ("k1;k2;k5;k20;k100;k1000;t1", 8),
    "Ladder of p": ("p0;p0.2;p0.4;p0.6;p0.8;p0.95;t1", 8),
    "Ladder of temperature": ("t0.3;t0.5;t0.7;t1;t1.3;t1.7", 8),
}
_TABLE = "settings_table"
_COLUMNS = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "order": "tkpm", "seed": None}


def draw_controls(page: frame.Page) -> tuple[dict[str, Any], DeltaGenerator, DeltaGenerator]:
    """Draw the controls and return what they say, by name, and the places of the buttons Compare and Stop."""
    with st.container(key="dials"):
        places = st.columns([1.9, 1.9, 1.9, 2.1, 3.2, 3.2, 2.4, 1.9], vertical_alignment="bottom")
    said: dict[str, Any] = {}
    with places[0]:
        said["sentence"] = controls.number("sentence", high=max(_count(page) - 1, 0), bare=True)
    for name, place in zip(("samples", "max_new_tokens", "seed"), places[1:], strict=False):
        with place:
            said[name] = controls.number(name)
    with places[4]:
        said["noise"] = controls.choice("noise", CONTROLS["noise"].options)
    with places[5]:
        said["against"] = _against(page)
    _settings()
    said["settings"] = st.session_state["settings"]
    return said, places[-2], places[-1]


def _count(page: frame.Page) -> int:
    """Return how many sentences there are; what is wrong with them is said where the batch is asked for."""
    from model_utils.tokens.batch import split_sentences

    try:
        return len(split_sentences(page.text))
    except InputError:
        return 1


def _against(page: frame.Page) -> str:
    """Draw the choice of a second model and return its id, or NONE."""
    names = [NONE, *(name for name in registry() if name != page.model)]
    if st.session_state.get("against", NONE) not in names:
        st.session_state["against"] = NONE
        controls.note(
            "against", "The link asks for a second model that cannot stand beside this one: showing one model."
        )
    control = CONTROLS["against"]
    return str(st.selectbox(control.label, names, key="against", persist_state="session", on_change=controls.publish))


def _settings() -> None:
    """Draw the rows to compare: as a table to edit, as presets, as the text that the link carries."""
    state = st.session_state
    state.setdefault("settings", CONTROLS["settings"].default)
    try:
        rows = settings.parse(state["settings"])
        title = " · ".join(f"{number} {settings.name(row)}" for number, row in enumerate(rows))
    except InputError:  # said where the comparison is asked for
        rows, title = (), "cannot be read"
    with st.expander(f"Settings: {title}", key="settings_shown", expanded=not rows):
        if rows:
            _table(rows)
        with st.container(horizontal=True, vertical_alignment="center"):
            for label, text in ROWS.items():
                full = len(rows) >= MAX_SETTINGS
                st.button(f"+ {label}", key=f"add_{text}", on_click=_add, args=(text,), disabled=full)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Instead", width="content")
            for label, (text, samples) in SETS.items():
                st.button(label, key=f"set_{text}", type="tertiary", on_click=replace_all, args=(text, samples))
        controls.field("settings")


def _add(text: str) -> None:
    """Add a row, unless the rows cannot be read: then the new one stands alone."""
    try:
        rows = settings.parse(st.session_state["settings"])
    except InputError:
        rows = ()
    st.session_state["settings"] = settings.write([*rows, *settings.parse(text)])


def replace_all(text: str, samples: int) -> None:
    """Replace all rows, set how many samples each has, and ask for the comparison. A callback."""
    st.session_state["settings"] = text
    st.session_state["samples"] = samples
    st.session_state["row"] = st.session_state["sample"] = 0
    st.session_state["_compare_asked"] = True


def asked() -> bool:
    """Return whether a preset asked for a comparison since this was last called."""
    return bool(st.session_state.pop("_compare_asked", False))


def to_ask() -> bool:
    """Return whether a preset waits to be compared: a fragment must then run the page."""
    return bool(st.session_state.get("_compare_asked", False))


def _table(rows: tuple[settings.Row, ...]) -> None:
    """Draw the rows as a table that edits the text. While its own edits make the text, it keeps what it shows."""
    state = st.session_state
    text = settings.write(rows)
    if state.get("_table_says") != text:  # the text was changed elsewhere: a link, a preset, by hand
        state["_table_rows"], state["_table_says"] = rows, text
        state["_table_version"] = state.get("_table_version", 0) + 1
    key = f"{_TABLE}_{state['_table_version']}"
    st.data_editor(
        pd.DataFrame([_line(row) for row in state["_table_rows"]], columns=list(_COLUMNS)),
        key=key,
        num_rows="dynamic",
        hide_index=False,
        on_change=_edited,
        args=(key,),
        height="content",
        column_config={
            "temperature": st.column_config.NumberColumn(
                "temperature", min_value=0.0, max_value=100.0, help="0 = greedy"
            ),
            "top_k": st.column_config.NumberColumn("top-k", min_value=0, step=1, help="0 = off"),
            "top_p": st.column_config.NumberColumn("top-p", min_value=0.0, max_value=1.0, help="1 = off"),
            "min_p": st.column_config.NumberColumn("min-p", min_value=0.0, max_value=1.0, help="0 = off"),
            "order": st.column_config.SelectboxColumn("order", options=list(link_parameters.ORDERS)),
            "seed": st.column_config.NumberColumn(
                "own seed", min_value=0, max_value=2**31 - 1, step=1, help="Empty: the page's."
            ),
        },
    )


def _line(row: settings.Row) -> dict[str, Any]:
    return {name: getattr(row.settings, name) for name in _COLUMNS if name != "seed"} | {"seed": row.seed}


def _edited(key: str) -> None:
    """Write what the table says by now into the settings text; what does not fit is said and changes nothing."""
    state = st.session_state
    edits = state[key]
    lines = [_line(row) for row in state["_table_rows"]]
    for number, changed in edits["edited_rows"].items():
        lines[int(number)] |= changed
    lines = [line for number, line in enumerate(lines) if number not in edits["deleted_rows"]]
    lines += [dict(added) for added in edits["added_rows"]]
    try:
        text = settings.write([_row(line) for line in lines])
        settings.parse(text)
    except InputError as error:
        controls.note("settings", str(error))
        state["_table_says"] = None  # shows the last good rows again
        return
    state["settings"] = state["_table_says"] = text


def _row(line: dict[str, Any]) -> settings.Row:
    """Return the row that a line of the table means; what it leaves empty is off."""
    values = {
        name: off if line.get(name) is None else type(off)(line[name])
        for name, off in _COLUMNS.items()
        if off is not None
    }
    seed = line.get("seed")
    return settings.Row(settings=SamplingSettings(**values), seed=None if pd.isna(seed) else int(seed))


def make_request(page: frame.Page, said: dict[str, Any]) -> run.Request:
    """Return what the controls ask for. Raises InputError for what is outside its bounds."""
    from model_utils.tokens.batch import split_sentences

    texts = split_sentences(page.text)
    second = () if said["against"] == NONE else (said["against"],)
    return run.Request(
        models=(page.model, *second),
        text=texts[said["sentence"]],
        rows=settings.parse(said["settings"]),
        samples=said["samples"],
        seed=said["seed"],
        own_noise=said["noise"] != CONTROLS["noise"].default,
        max_new_tokens=said["max_new_tokens"],
    )


def made_with(made: run.Comparison, request: run.Request | None) -> None:
    """Say that the texts on the page were made with other settings than the controls say by now."""
    now = made.request
    if request is None or now == request:
        return
    names = {
        "models": "another model",
        "text": "another sentence",
        "rows": "other settings",
        "samples": f"{now.samples} samples",
        "seed": f"seed {now.seed}",
        "own_noise": "dice of their own" if now.own_noise else "the same dice for all",
        "max_new_tokens": f"{now.max_new_tokens} new tokens",
    }
    parts = [told for name, told in names.items() if getattr(now, name) != getattr(request, name)]
    st.info(f"These texts were made with {', '.join(parts)}. Press Compare for the present choice.")


def batch_of(made: run.Comparison) -> TokenBatch:
    """Return the prompt of a comparison as a batch of one."""
    return cache.token_batch(BatchKey(made.request.models[0], (made.request.text,)))
