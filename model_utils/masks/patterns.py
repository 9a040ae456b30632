"""The table of patterns: which keys each lets a query read, with its texts, its numbers and its code.

Axis letters: T token, Q query, K key. A new pattern is one entry: masks, runs, generated texts, pages and code follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from model_utils.tokens.batch import END_OF_TEXT_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.tokens.batch import TokenBatch

# The numbers of a MaskSpec that a pattern may use.
NUMBERS = ("width", "first")


@dataclass(frozen=True, kw_only=True, eq=False)
class PaddedSentence:
    """What a rule may look at: the columns of one padded sentence, and the two numbers of the MaskSpec.

    `ids[T]` are token ids, `real[T]` is False for pads, `start` is the column of the first real token.
    """

    ids: NDArray[np.int64]  # (T,)
    real: NDArray[np.bool_]  # (T,)
    start: int
    width: int
    first: int

    @classmethod
    def of(cls, batch: TokenBatch, sentence: int, *, width: int, first: int) -> PaddedSentence:
        """Return `sentence` of `batch` under these numbers."""
        real = batch.attention_mask[sentence] == 1
        return cls(ids=batch.input_ids[sentence], real=real, start=batch.first(sentence), width=width, first=first)

    @cached_property
    def query(self) -> NDArray[np.int64]:
        """Return the columns of the queries, `[T, 1]`."""
        return np.arange(len(self.ids))[:, None]

    @cached_property
    def key(self) -> NDArray[np.int64]:
        """Return the columns of the keys, `[1, T]`."""
        return np.arange(len(self.ids))[None, :]

    @cached_property
    def causal(self) -> NDArray[np.bool_]:
        """Return `[Q, K]`: True where the key is the query itself or stands before it."""
        return np.asarray(self.key <= self.query)

    @cached_property
    def distance(self) -> NDArray[np.int64]:
        """Return `[Q, K]`: how many columns before the query a key stands."""
        return np.asarray(self.query - self.key)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pattern:
    """One pattern. Its texts may hold `{width}`, `{places}` (width - 1), `{first}` and `{first_words}`; see `filled`.

    `allowed` returns `[Q, K]`, what may be read before padding and hand mask. Whether a cell is allowed may depend on the
    columns up to query and key alone, never on how many follow: a text that grows keeps the rows that it has.
    `segments` returns `[T]`, a number for each column that never falls: positions begin anew where it rises.
    `uses` names those of NUMBERS that the rule looks at.

    `code` are the lines of torch code that make `pattern[T, T]` from `T`, `query[T, 1]`, `key[1, T]`, `tokens[T]` (ids),
    `real[T]`, `first` (the column of the first real token), WIDTH and FIRST; with `segments` they make `segment[T]` too.

    `help` names what a word may read. `reason` ends the sentence `… may not read …: it …` and is empty where the pattern
    blocks nothing that came before. `lifts` names where it lets words read later ones, and is empty where it never does;
    `lifted_note` is a warning of what such a run does not show. `unchanged` is the reason why the pattern may change nothing,
    `layers_note` what layers add to it. `label` is what pages show; the key in PATTERNS is what links hold.
    """

    label: str
    allowed: Callable[[PaddedSentence], NDArray[np.bool_]]
    code: str
    help: str
    uses: tuple[str, ...] = ()
    segments: Callable[[PaddedSentence], NDArray[np.int64]] | None = None
    reason: str = ""
    lifts: str = ""
    lifted_note: str = ""
    unchanged: str = "the pattern leaves all that was visible"
    layers_note: str = ""


def filled(template: str, *, width: int, first: int) -> str:
    """Return a text of a pattern with its numbers: `{first_words}` reads `the first word`, `the first 3`."""
    words = "the first word" if first == 1 else f"the first {first}"
    return template.format(width=width, first=first, places=width - 1, first_words=words)


def _first_tokens(row: PaddedSentence) -> NDArray[np.bool_]:
    """Return `[1, K]`: True for the first tokens, which are counted behind the pads."""
    return np.asarray((row.key >= row.start) & (row.key < row.start + row.first))


def _documents(row: PaddedSentence) -> NDArray[np.int64]:
    """Return `[T]`: the number of the document of each column; a real end-of-text token opens a new one."""
    return np.cumsum((row.ids == END_OF_TEXT_ID) & row.real, dtype=np.int64)


def _same_document(row: PaddedSentence) -> NDArray[np.bool_]:
    document = _documents(row)
    return np.asarray(row.causal & (document[:, None] == document[None, :]))


PATTERNS: dict[str, Pattern] = {
    "causal": Pattern(
        label="causal",
        allowed=lambda row: row.causal,
        code="pattern = key <= query",
        help="itself and all before",
    ),
    "bidirectional": Pattern(
        label="bidirectional",
        allowed=lambda row: np.ones_like(row.causal),
        code="pattern = torch.ones(T, T).bool()",
        help="everything",
        lifts="lifted",
        lifted_note="This is the mask that BERT has, **but it is not BERT**: these weights learned to predict with the future "
        "hidden, and never to read it. Each row even sees the word that it has to predict.",
    ),
    "prefix": Pattern(
        label="prefix",
        allowed=lambda row: row.causal | (np.maximum(row.query, row.key) < row.start + row.first),
        code="pattern = (key <= query) | ((query < first + FIRST) & (key < first + FIRST))",
        help="{first_words} read both ways, then causal",
        uses=("first",),
        lifts="lifted inside the prefix",
        lifted_note="Inside the prefix words read each other both ways. Models that do so were trained so; these weights "
        "never were, so this shows what the mask does, not what such a model would say.",
        unchanged="a prefix of one word has nothing else to read",
    ),
    "window": Pattern(
        label="window",
        allowed=lambda row: row.causal & (row.distance < row.width),
        code="pattern = (key <= query) & (query - key < WIDTH)",
        help="the last {width}, itself included",
        uses=("width",),
        reason="it lies outside the window of {width}",
        unchanged="the window reaches over the whole sentence",
        layers_note="Hidden is not forgotten: under a window of {width} each layer reaches {places} places further back",
    ),
    "sink": Pattern(
        label="sink",
        allowed=lambda row: row.causal & ((row.distance < row.width) | _first_tokens(row)),
        code="pattern = (key <= query) & ((query - key < WIDTH) | ((key >= first) & (key < first + FIRST)))  "
        "# first tokens plus window",
        help="{first_words} and the last {width}",
        uses=("width", "first"),
        reason="it is neither among the first {first} nor in the window of {width}",
        unchanged="first words and window reach over the whole sentence",
    ),
    "documents": Pattern(
        label="documents",
        allowed=_same_document,
        segments=_documents,
        code=f"segment = ((tokens == {END_OF_TEXT_ID}) & real).cumsum(0)  # an end-of-text token opens a new one\n"
        "pattern = (key <= query) & (segment[:, None] == segment)",
        help="back to the last end of text",
        reason="it belongs to another document",
        unchanged="one document, without `<|endoftext|>` between two",
    ),
}
