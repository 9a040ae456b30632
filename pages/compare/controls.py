"""The controls of the Compare page: what is compared, and the box in which its settings are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model_utils.compare import settings
from model_utils.compare.request import CompareRequest
from model_utils.errors import InputError
from model_utils.limits import MAX_SETTINGS
from model_utils.models.registry import registry
from model_utils.tokens.batch import BatchKey
from pages.common import controls, frame
from pages.common.caches import cache
from pages.common.controls import value
from pages.common.lesson import lesson
from pages.common.link_parameters import CONTROLS
from pages.common.markdown import literal
from pages.common.runs.runs import Starter
from pages.compare import row_sliders, run, settings_table
from pages.compare.state import compare_state

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.tokens.batch import TokenBatch

NONE = "none"
SLIDERS = "sliders"
# What sets a mask on the other pages.
OF_MASKS = ("weights", "cells", "pattern", "padding")
# What one click adds as a row, and what replaces all rows: settings, and samples of each.
ROWS = ("t0", "k2", "k50", "p0.9", "t0.7,p0.9", "t1", "m0.1", "b4")
SETS = {
    "4 classics": (CONTROLS["settings"].default, 1),
    "7 common settings": (";".join(["t1", "k50", "k2", "p0.9", "t0.7,p0.9", "m0.1", "t0"]), 1),
    "beams beside draws": ("t0;b4;b4,n2;p0.9", 1),
    "k from low to high": ("k1;k2;k5;k20;k100;k1000;t1", 8),
    "p from low to high": ("p0;p0.2;p0.4;p0.6;p0.8;p0.95;t1", 8),
    "temperature from low to high": ("t0.3;t0.5;t0.7;t1;t1.3;t1.7", 8),
}
_BOX = "settings_shown"


def draw_controls(page: frame.Page) -> DeltaGenerator:
    """Draw the controls with the button Compare, and return the place of the button Stop."""
    with st.container(key="buttons"):
        places = st.columns([5, 2.6, 2.8, 2.6, 2.8, 2], vertical_alignment="bottom")
    with places[0]:
        controls.item("sentence", _sentences(page), label="Prompt")
    for name, place in zip(("samples", "max_new_tokens", "seed"), places[1:], strict=False):
        with place:
            controls.number(name)
    _settings(page)
    places[-2].button("Compare", type=lesson.button_type(), key="compare", width="stretch", on_click=START.click)
    return places[-1]


def _sentences(page: frame.Page) -> list[str]:
    """Return the sentences as readers see them; what is wrong with them is drawn where the request is made."""
    from model_utils.tokens.batch import sentence_label, split_sentences

    try:
        return [sentence_label(text) for text in split_sentences(page.text)]
    except InputError:
        return [""]


def _second_models(page: frame.Page) -> list[str]:
    """Return NONE and the models that may stand beside the one of the page."""
    return [NONE, *(name for name in registry() if name != page.model)]


def _settings(page: frame.Page) -> None:
    """Draw the box in which the settings are changed. It opens by itself where a row cannot be read, and says why.

    Its label is the same whatever the rows are: one with another label would be another box, which is closed.
    """
    rows, wrong = _readable()
    if wrong or not rows:
        st.session_state[_BOX] = True
    second = _second_models(page)
    if value("against") not in second:
        controls.change(against=NONE)
        controls.note(
            "against", "The link asks for a second model that cannot stand beside this one: showing one model."
        )
    box = st.expander("Settings: change, add or remove rows", key=_BOX, on_change="rerun")
    if not box.open:
        return
    with box:
        with st.container():  # empty too: what stands below it keeps its place
            _wrong(wrong)
        with st.container(horizontal=True, vertical_alignment="center", key="settings_tools"):
            by = _editor(rows)
            _add_or_replace(rows)
            if rows and not wrong:  # else it stands open
                with st.popover("As text"):
                    controls.field("settings")
            with st.popover("More"):
                controls.choice("noise")
                controls.choice("prompts")
                _second_model(second)
        if rows:
            with st.container(key="settings_rows"):
                (row_sliders if by == SLIDERS else settings_table).draw(rows)
        else:
            controls.field("settings")


def _wrong(wrong: str) -> None:
    """Draw what is wrong with rows that cannot be read, above the text that holds them, or why the last edit was refused."""
    if wrong:
        st.error(literal(wrong))
        st.caption("What cannot be read is left out, and the rows are numbered without it.")
        controls.field("settings")
        return
    refused, left = compare_state().refused
    if refused and left == value("settings"):
        st.error(literal(refused))


def _readable() -> tuple[tuple[settings.SettingsRow, ...], str]:
    """Return the rows that can be read, and what is wrong with the others.

    Where none can be read there are none: its sentence is drawn where the request is made.
    """
    try:
        return settings.readable(value("settings"))
    except InputError:
        return (), ""


def _editor(rows: tuple[settings.SettingsRow, ...]) -> str:
    """Draw the choice by what the rows are edited, and return it; nothing is drawn where there are none."""
    if not rows:
        return ""
    by = st.segmented_control(
        "Edit by", ["table", SLIDERS], default="table", required=True, key="edit_by", label_visibility="collapsed"
    )
    if by != SLIDERS:
        settings_table.toggle()
    return by


def _add_or_replace(rows: tuple[settings.SettingsRow, ...]) -> None:
    """Draw what adds a row and what replaces all, each behind a button."""
    with st.popover("Add a row"):
        for text in ROWS:
            (row,), full = settings.parse(text), len(rows) >= MAX_SETTINGS
            label = f"+ {settings.name(row)}"
            st.button(label, key=f"add_{text}", type="tertiary", on_click=_add, args=(text,), disabled=full)
    with st.popover("Replace all"):
        for label, (text, samples) in SETS.items():
            st.button(label, key=f"set_{text}", type="tertiary", on_click=replace_all, args=(text, samples))


def _second_model(names: list[str]) -> None:
    """Draw the choice of a second model."""
    control, chosen = CONTROLS["against"], value("against")
    controls.hold("against", chosen, *names)
    st.selectbox(
        control.label,
        names,
        names.index(chosen),
        key="against",
        persist_state="session",
        on_change=controls.changed,
    )


def _add(text: str) -> None:
    """Add a row to those that can be read."""
    rows, _ = _readable()
    controls.change(settings=settings.write([*rows, *settings.parse(text)]))


def replace_all(text: str, samples: int) -> None:
    """Replace all rows, set how many samples each has, and start the comparison. A callback."""
    controls.change(settings=text, samples=samples, row=0, sample=0)
    START.click()


def make_request(page: frame.Page) -> CompareRequest:
    """Return what the controls ask for. Raises InputError for what is outside its bounds."""
    from model_utils.tokens.batch import split_sentences

    texts, second = split_sentences(page.text), value("against")
    models = (page.model,) if second == NONE or second not in _second_models(page) else (page.model, second)
    return CompareRequest(
        models=models,
        texts=texts if value("prompts") == "all" else (texts[value("sentence", high=len(texts) - 1)],),
        rows=settings.readable(value("settings"))[0],
        samples=value("samples"),
        seed=value("seed"),
        own_noise=value("noise") == "own",
        max_new_tokens=value("max_new_tokens"),
    )


START = Starter(state=compare_state, make_request=make_request, start=run.start, resume=run.resume)


def settings_note(comparison: run.Comparison, request: CompareRequest | None) -> None:
    """Draw what the texts on the page were made with, where the controls, or Masks, ask for something else by now."""
    if any(value(name) != CONTROLS[name].default for name in OF_MASKS):
        st.caption("What Masks hides is not hidden here: every row reads its whole prompt under GPT-2's own mask.")
    now = comparison.request
    if now == request:
        return
    names = {
        "models": " and ".join(now.models),
        "texts": f"“{now.texts[0]}”" if len(now.texts) == 1 else f"{len(now.texts)} prompts",
        "rows": f"the settings {'; '.join(map(settings.name, now.rows))}",
        "samples": f"{now.samples} sample{'s' * (now.samples != 1)}",
        "seed": f"seed {now.seed}",
        "own_noise": "own random numbers" if now.own_noise else "the same random numbers",
        "max_new_tokens": f"{now.max_new_tokens} new tokens",
    }
    # What is asked for may be what cannot be made, which the page says.
    other = (
        ("texts", "rows") if request is None else [one for one in names if getattr(now, one) != getattr(request, one)]
    )
    held = f"These texts, their pictures and their files are of {', '.join(names[one] for one in other)}."
    st.info(literal(held if request is None else f"{held} Press Compare for the present choice."))


def batch_of(comparison: run.Comparison) -> TokenBatch:
    """Return the prompts of a comparison as a batch."""
    return cache.token_batch(BatchKey(comparison.request.models[0], comparison.request.texts))
