"""Why a batch is padded, and the padded batch as one table. Axis letters: B sentence, T token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model_utils.tokens.batch import token_bytes
from model_utils.tokens.glyphs import visible

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from model_utils.tokens.batch import TokenBatch


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """A character split over tokens: `row` and the columns `first` to `last` of its pieces, and the character itself."""

    row: int
    first: int
    last: int
    character: str


def ragged_error(tokenizer: PreTrainedTokenizerBase, texts: tuple[str, ...]) -> str:
    """Return the library's own error for `texts` made a tensor without padding, empty where there is none.

    The call is made, not quoted. The last line is the cause that torch gave.
    """
    try:
        tokenizer(list(texts), return_tensors="pt", padding=False)
    except ValueError as error:
        cause = f"\n{type(error.__cause__).__name__}: {error.__cause__}" if error.__cause__ else ""
        return f"{type(error).__name__}: {error}{cause}"
    return ""


def brackets(batch: TokenBatch) -> tuple[Bracket, ...]:
    """Return every character that is split over several tokens, in padded columns.

    Pieces whose characters overlap share one bracket: a token may hold the end of one character and the start of the next.
    """
    found = []
    for row, tokens in enumerate(batch.tokens):
        offset, start = batch.first(row), 0
        while start < len(tokens):
            stop, end = start + 1, tokens[start].end
            while tokens[start].whole and stop < len(tokens) and tokens[stop].whole and tokens[stop].start < end:
                end = max(end, tokens[stop].end)
                stop += 1
            if stop - start > 1:
                whole = batch.texts[row][tokens[start].start : end].strip()
                found.append(Bracket(row=row, first=offset + start, last=offset + stop - 1, character=visible(whole)))
            start = stop
    return tuple(found)


def batch_frame(batch: TokenBatch, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Return the padded batch with one line per cell: what the table shows, and the bytes of each token."""
    B, T = batch.size
    labels = [batch.labels(b) for b in range(B)]
    return pd.DataFrame(
        [
            {
                "sentence": b,
                "column": t,
                "token": labels[b][t],
                "bytes": token_bytes(tokenizer, int(batch.input_ids[b, t])).hex(" ").upper(),
                "id": int(batch.input_ids[b, t]),
                "mask": int(batch.attention_mask[b, t]),
                "position": int(batch.position_ids[b, t]),
                "next_word_read_here": t == batch.last(b),
            }
            for b in range(B)
            for t in range(T)
        ]
    )
