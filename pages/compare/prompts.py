"""Several prompts on the Compare page: every text as a cell of a table, prompts down and settings across."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from model_utils.compare import settings
from model_utils.generate import explain
from model_utils.tokens.batch import sentence_label
from pages.common import controls
from pages.compare.state import compare_state

if TYPE_CHECKING:
    from model_utils.compare.request import TextPlace
    from pages.compare.run import Comparison, Texts

_KEY = "prompts_table"
_WORDS = 12  # tokens of each text that its cell shows
_NAME = 20  # characters of a sentence that name its line
# px that the cells of a line share at a desktop's width, and the least that one takes: more of them scroll.
_ROOM, _LEAST = 720, 140


def draw(comparison: Comparison, place: TextPlace) -> None:
    """Draw the start of every text, where there are several prompts; a click on a cell opens the prompt and the row."""
    request, texts = comparison.request, comparison.texts()
    if len(request.texts) == 1:
        return
    sample = int(st.session_state.get("sample", 0))
    table = {}
    for row, one in enumerate(request.rows):
        at = replace(place, row=row, sample=min(sample, request.samples_of(row) - 1))
        cells = [replace(at, prompt=prompt) for prompt in range(len(request.texts))]
        table[f"{row} · {settings.name(one)}"] = [_start(comparison, texts, cell) for cell in cells]
    names = [f"{number} {sentence_label(text, _NAME)}" for number, text in enumerate(request.texts)]
    width = max(_ROOM // len(table), _LEAST)
    st.dataframe(
        pd.DataFrame(table, index=names),
        key=_KEY,
        on_select=lambda: _open(list(table)),
        selection_mode="single-cell",
        height="content",
        column_config={name: st.column_config.TextColumn(width=width) for name in table},
    )
    st.caption(f"How each prompt goes on under each setting. Click one to open it below; open: prompt {place.prompt}.")
    state = compare_state()
    if state.cell_opened:
        state.cell_opened = False
        st.rerun()  # the page, which shows the chosen sentence too


def _start(comparison: Comparison, texts: Texts, cell: TextPlace) -> str:
    tokens = [step.token_id for step in texts[cell][:_WORDS]]
    if not tokens:
        return "…"
    more = " …" if len(texts[cell]) > _WORDS else ""
    return explain.words(tokens, lambda token: comparison.label(token, cell.model)) + more


def _open(columns: list[str]) -> None:
    """Open the cell that was clicked. A callback."""
    cells = st.session_state[_KEY].selection.cells
    if cells:
        number, column = cells[0]
        controls.change(sentence=int(number), row=columns.index(column))
        compare_state().cell_opened = True
