"""Books as one stream of tokens, renumbered so that frequent tokens come first. N: tokens of the stream, V: distinct ones."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MARK = "<|endoftext|>"  # alone on a line between documents, and the token before each of them
NEVER = -1  # the new number of a token that the training text does not hold


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """A training text as numbers.

    `stream[N]` holds renumbered tokens; `starts` are the places in it where a paragraph begins; `ids[V]` gives the
    tokenizer's id of every renumbered token, the most frequent first; `mark` is the renumbered end-of-text.
    """

    stream: NDArray[np.uint16]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    mark: int

    def renumber(self, ids: NDArray[np.int64], vocabulary: int) -> NDArray[np.int64]:
        """Return the renumbered tokens of tokenizer `ids`, `NEVER` for those that the training text does not hold."""
        numbers = np.full(vocabulary, NEVER, np.int64)
        numbers[self.ids] = np.arange(len(self.ids))
        return numbers[ids]


def documents(path: Path) -> list[str]:
    """Return the documents of a gzipped text, outer white space removed."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = file.read().split(f"\n{MARK}\n")
    return [stripped for text in texts if (stripped := text.removesuffix(MARK).removeprefix(MARK).strip())]


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the token ids of all texts in a row, each beginning with end-of-text, and where their paragraphs begin."""
    mark, line = tokenizer.token_to_id(MARK), tokenizer.token_to_id("Ċ")
    ids = np.concatenate([np.array([mark, *coded.ids], np.int64) for coded in tokenizer.encode_batch(list(texts))])
    broken = (ids[:-2] == line) & (ids[1:-1] == line)  # an empty line is two line breaks to GPT-2's tokenizer
    first = np.flatnonzero(ids[:-1] == mark) + 1
    return ids, np.union1d(np.flatnonzero(broken) + 2, first)


def build(tokenizer: Tokenizer, paths: Sequence[Path]) -> Corpus:
    """Return the corpus of some gzipped books."""
    ids, starts = encode(tokenizer, [text for path in paths for text in documents(path)])
    counts = np.bincount(ids)
    order = np.argsort(-counts, kind="stable")
    kept = order[counts[order] > 0]
    if len(kept) > np.iinfo(np.uint16).max:
        raise ValueError(f"{len(kept)} distinct tokens; the stream has room for {np.iinfo(np.uint16).max}.")
    numbers = np.zeros(len(counts), np.uint16)
    numbers[kept] = np.arange(len(kept))
    return Corpus(stream=numbers[ids], starts=starts, ids=kept, mark=int(numbers[tokenizer.token_to_id(MARK)]))


def load(tokenizer: Tokenizer, paths: Sequence[Path], cache: Path) -> Corpus:
    """Return the corpus of some gzipped books, read from `cache` where the same books were tokenised before."""
    digest = hashlib.sha256(tokenizer.to_str().encode())
    for path in paths:
        digest.update(path.read_bytes())
    file = cache / f"corpus-{digest.hexdigest()[:16]}.npz"
    if not file.is_file():
        made = build(tokenizer, paths)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, stream=made.stream, starts=made.starts, ids=made.ids, mark=made.mark)
    with np.load(file, allow_pickle=False) as kept:
        return Corpus(stream=kept["stream"], starts=kept["starts"], ids=kept["ids"], mark=int(kept["mark"]))
