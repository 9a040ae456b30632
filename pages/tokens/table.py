"""Parts of the Tokens page that need no run of the model: the padded table, why padding, the merges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.limits import TABLE_WINDOW
from model_utils.tokens.glyphs import visible
from pages.common import controls, downloads, figures, frame, mask_state
from pages.common.caches import cache, cache_shared
from pages.common.components.plot import plot
from pages.common.lesson import cover
from pages.common.link_parameters import CONTROLS
from pages.common.notes import ending_space

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model_utils.tokens.batch import BatchKey, Side, TokenBatch
    from model_utils.tokens.bpe import MergedWord
    from pages.common.frame import Page

EXAMPLES = ((" unbelievable", "English"), ("🦊", "Emoji"), ("你好", "Chinese"))


# The id that was refused last, with the one that stayed in force, until another is taken; and the one in force.
_REFUSED, _IN_FORCE = "_pad_refused", "_pad_in_force"


def padding(page: Page) -> tuple[Side, int, DeltaGenerator]:
    """Draw the controls of padding; return the side, the id of a pad, and the place beside them to say what a pad is."""
    batch = None
    with suppress(ReaderError):  # the page says it where it makes the batch
        batch = page.batch()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="padding_controls"):
        with st.container(width=150):
            side = mask_state.choose_side(batch)
        with st.container(width=175):
            pad = _pad(page.entry.vocabulary - 1)
        said = st.container(width="content", key="pad_said")
    return side, pad, said


def _pad(last: int) -> int:
    """Draw the id of a pad, from 0 to `last`, and return it; one beyond is refused here, where the page can say so."""
    state, asked = st.session_state, controls.value("pad")
    if not 0 <= asked <= last:
        kept = state.get(_IN_FORCE, CONTROLS["pad"].default)
        state[_REFUSED] = asked, kept
        controls.change(pad=kept)
    elif asked != state.get(_IN_FORCE):
        state.pop(_REFUSED, None)
    state[_IN_FORCE] = controls.value("pad")
    return int(controls.number("pad", bounded=False))


def say_pad(page: Page, pad: int) -> None:
    """Write which token a pad is, and of an id that was refused which there are."""
    label, refused = cache.label(page.model, pad), st.session_state.get(_REFUSED)
    if refused is None:
        st.text(f"A pad is the token {label}.")
        return
    asked, kept = refused
    last = page.entry.vocabulary - 1
    st.text(f"{asked} is no id: they go from 0 to {last}.\nIn force: {kept}, the token {label}.")


def take_home(page: Page, key: BatchKey) -> None:
    """Draw what can be taken home of the table: its numbers and the code."""
    from model_utils.snippets.tokens import tokens_code

    downloads.bar(
        "tokens",
        numbers=lambda: cache.batch_frame(key),
        more=lambda: st.download_button(
            "Batch (JSON)",
            data=lambda: batch_json(key),
            file_name="maskscope-batch.json",
            mime="application/json",
            key="json_tokens",
            on_click="ignore",
            icon=":material/data_object:",
        ),
        code=lambda: tokens_code(page.entry, key.texts, side=key.side, pad_id=key.pad_id),
    )


def batch_json(key: BatchKey) -> str:
    """Return the batch as the model takes it: `input_ids`, `attention_mask` and `position_ids`, each `[B][T]`."""
    batch = cache.token_batch(key)
    arrays = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask, "position_ids": batch.position_ids}
    return json.dumps({name: array.tolist() for name, array in arrays.items()})


@st.fragment
def table(key: BatchKey, batch: TokenBatch) -> None:
    """Draw the padded batch; above TABLE_WINDOW columns, the window over it and a way back to the columns of the next words."""
    from viz.tokens.table import batch_figure, width

    shown, window = figures.table_of(batch), _window(batch)
    palette = frame.palette()
    plot(
        cache_shared.figure(("batch", key, window, palette), lambda: batch_figure(shown, window, palette=palette)),
        "batch",
        least=width(shown, window),
        opens="end" if batch.side == "left" else "start",
        alt="The padded batch: token, id, attention mask and position of every cell, pads hatched.",
    )


def _window(batch: TokenBatch) -> range:
    """Return the columns to show; the first view holds the column where the first row's next word is predicted."""
    columns = batch.size[1]
    if columns <= TABLE_WINDOW:
        return range(columns)
    highest = columns - TABLE_WINDOW
    key = f"_window_{batch.side}_{columns}"
    reads = sorted({batch.last(b) for b in range(batch.size[0])})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for column in reads:
            start = min(max(column - TABLE_WINDOW + 2, 0), highest)
            st.session_state.setdefault(key, start)
            st.button(f"To column {column}", on_click=_set, args=(key, start), key=f"_to_{column}")
        start = st.slider(
            f"First of {TABLE_WINDOW} columns shown, of {columns}", 0, highest, step=1, key=key, width="stretch"
        )
    return range(start, start + TABLE_WINDOW)


def _set(key: str, value: Any) -> None:
    st.session_state[key] = value


def say_what_is_shown(batch: TokenBatch) -> None:
    """Write the sentence under the table, and a note for each sentence that ends in a space."""
    last = batch.size[1] - 1
    wrong = sum(batch.last(b) != last for b in range(batch.size[0]))
    if len({len(row) for row in batch.tokens}) == 1:
        st.markdown("All rows are equally long: no pad is needed, and both padding sides are the same.")
    elif wrong:
        st.markdown(
            f"Pads on the right leave a pad in the last column of {wrong} of {batch.size[0]} rows. To generate, the "
            "library transformers goes on from the last column: there it continues the pad, not the sentence."
        )
    else:
        st.markdown(
            "Pads on the left bring every sentence’s last word into the last column, where its next word is predicted. Mask 0"
            " hides the pads; positions count only real tokens. “␣” is the space that a token begins with."
        )
    for text in batch.texts:
        ending_space.say(text)


def why_padding(key: BatchKey, batch: TokenBatch) -> None:
    """Show the ragged batch and the library's own error for it, produced now."""
    from model_utils.tokens.padding import ragged_error

    lengths = [len(row) for row in batch.tokens]
    error = ragged_error(cache.loaded_model(key.model).tokenizer, batch.texts)
    if not error:
        size = _counted(lengths[0], "token")
        st.markdown(f"A batch is a rectangle of numbers. Every row has {size}, so no pad is needed.")
        return
    st.markdown(
        "A batch is a rectangle of numbers: every row has to be as long as the longest. These rows have "
        f"{_listed(lengths)} tokens; without pads transformers says:"
    )
    st.code(error, language=None, wrap_lines=True)


def _listed(numbers: Sequence[int]) -> str:
    *head, tail = (str(number) for number in numbers)
    return f"{', '.join(head)} and {tail}" if head else tail


@st.fragment
def merges(model: str) -> None:
    """Draw how a word becomes tokens: each merge with its rank, from bytes to ids."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = controls.field("word", width=300)
        for word, name in EXAMPLES:
            st.button(f"{name}: {visible(word)}", on_click=controls.change, kwargs={"word": word}, key=f"_word_{name}")
    with frame.reader_errors():
        words = cache.merged_words(model, text)
        cover.answer(_draw_merges, words[_which(words)])


def _which(words: Sequence[MergedWord]) -> int:
    """Return the word to draw, chosen by the reader where the text was cut into several."""
    if len(words) == 1:
        return 0
    st.markdown(f"GPT-2 first cuts this text into {len(words)} parts; pairs merge inside a part alone.")
    labels = controls.told_apart([word.label for word in words])
    parts = range(len(words))
    return st.selectbox("Part", parts, format_func=labels.__getitem__, key=f"_part_{len(words)}", width=300)


def _draw_merges(word: MergedWord) -> None:
    from viz.tokens.merges import MergeRow, merge_figure, width

    rows = [
        MergeRow(pieces=[(one.label, one.start, one.end, one.merged) for one in step.pieces], rank=step.rank)
        for step in word.steps
    ]
    size, merged, left = rows[0].pieces[-1][2], len(rows) - 1, len(word.ids)
    space = " (the space “␣” is one)" if rows[0].pieces[0][0] == visible(" ") else ""
    st.markdown(
        f"{_counted(size, 'byte')}{space}, {_counted(merged, 'merge')}, {_counted(left, 'token')}: each step joins the"
        " neighbours whose pair comes first in GPT-2’s list of 50,000, until no pair is listed."
    )
    plot(
        merge_figure(rows, word.ids, palette=frame.palette()),
        "merges",
        least=width(rows),
        alt="Each merge of the word, from its bytes to its tokens.",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
