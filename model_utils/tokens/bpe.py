"""Byte-pair encoding, merge by merge (Sennrich et al. 2016; over bytes: GPT-2 report, section 2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from model_utils.errors import InputError
from model_utils.limits import MAX_WORD_CHARACTERS
from model_utils.tokens.batch import Token, token_bytes, tokenize
from model_utils.tokens.glyphs import bytes_label, symbol_bytes

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Ranks = Mapping[tuple[str, str], int]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of a word: its label, and the bytes `start` to `end` of the word that it holds."""

    label: str
    start: int
    end: int
    merged: bool = False


@dataclass(frozen=True, kw_only=True)
class MergeStep:
    """The pieces after one merge; those that it made are `merged`. The first step is the bare bytes and has no rank.

    `rank` is the line of the merge in GPT-2's list, from 0: the lower, the earlier it was learnt, the sooner it is done.
    """

    pieces: tuple[Piece, ...]
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class MergedWord:
    """One part of a text that is merged by itself: its label, its steps from bytes to tokens, and the tokens' ids."""

    label: str
    steps: tuple[MergeStep, ...]
    ids: tuple[int, ...]


def read_ranks(tokenizer: PreTrainedTokenizerBase) -> dict[tuple[str, str], int]:
    """Return the rank of every merge of `tokenizer`, in the symbols of its vocabulary. Takes some 0.1 s: keep it.

    Raises InputError when the tokenizer is no byte-pair encoding.
    """
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    if model["type"] != "BPE":
        raise InputError(
            f"This model's tokenizer is of type {model['type']!r}: it merges no pairs; choose another model."
        )
    # Older files write a merge as one string with a space between the two.
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    return {(left, right): rank for rank, (left, right) in enumerate(pairs)}


def explain(tokenizer: PreTrainedTokenizerBase, ranks: Ranks, text: str) -> tuple[MergedWord, ...]:
    """Return the words of `text`, each with every merge that makes its tokens.

    The text is first cut as the tokenizer cuts it (GPT-2: at spaces, and between letters, digits and the rest); merges
    never cross a cut. Special tokens, <|endoftext|> and those that were added, are found before that and stay whole.
    Raises InputError when `text` is empty, too long, or holds half a surrogate pair.
    """
    _check(text)
    words, at = list[MergedWord](), 0
    for token in (one for one in tokenize(tokenizer, text) if one.special):
        words += _merged(tokenizer, ranks, text[at : token.start])
        words.append(_whole(tokenizer, token))
        at = token.end
    return (*words, *_merged(tokenizer, ranks, text[at:]))


def merge(symbols: tuple[str, ...], ranks: Ranks) -> list[tuple[tuple[str, ...], int | None]]:
    """Return the symbols after each merge, with the merge's rank, from the single symbols on.

    Each step takes the pair of lowest rank and joins it wherever it stands, from the left, as OpenAI's encoder does.
    """
    steps: list[tuple[tuple[str, ...], int | None]] = [(symbols, None)]
    while True:
        known = [ranks[pair] for pair in pairwise(symbols) if pair in ranks]
        if not known:
            return steps
        symbols = _join(symbols, min(known), ranks)
        steps.append((symbols, min(known)))


def _join(symbols: tuple[str, ...], rank: int, ranks: Ranks) -> tuple[str, ...]:
    """Return `symbols` with every pair of `rank` joined, from the left."""
    joined, at = [], 0
    while at < len(symbols):
        paired = at + 1 < len(symbols) and ranks.get((symbols[at], symbols[at + 1])) == rank
        joined.append("".join(symbols[at : at + 2]) if paired else symbols[at])
        at += 2 if paired else 1
    return tuple(joined)


def _check(text: str) -> None:
    if not text:
        raise InputError("There is no word yet: type one, such as “unbelievable”.")
    if len(text) > MAX_WORD_CHARACTERS:
        raise InputError(
            f"The word has {len(text):,} characters, and {MAX_WORD_CHARACTERS} are the most drawn here: shorten it."
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError("The word holds one half of a split character, which no tokenizer can read: remove it.")


def _merged(tokenizer: PreTrainedTokenizerBase, ranks: Ranks, part: str) -> list[MergedWord]:
    """Return the words of a part of a text that holds no special token."""
    backend = tokenizer.backend_tokenizer
    plain = backend.normalizer.normalize_str(part) if backend.normalizer else part
    cuts = backend.pre_tokenizer.pre_tokenize_str(plain) if plain else []
    return [_word(tokenizer, ranks, symbols) for symbols, _ in cuts]


def _word(tokenizer: PreTrainedTokenizerBase, ranks: Ranks, symbols: str) -> MergedWord:
    steps = []
    before: set[tuple[int, int]] = set()  # the byte spans of the last step: what is new was merged
    for parts, rank in merge(tuple(symbols), ranks):
        pieces = _pieces(parts, before if rank is not None else None)
        before = {(piece.start, piece.end) for piece in pieces}
        steps.append(MergeStep(pieces=pieces, rank=rank))
    ids = tuple(tokenizer.convert_tokens_to_ids(list(parts)))
    return MergedWord(label=bytes_label(symbol_bytes(symbols))[0], steps=tuple(steps), ids=ids)


def _pieces(parts: tuple[str, ...], before: set[tuple[int, int]] | None) -> tuple[Piece, ...]:
    """Return `parts` as pieces, those whose bytes are not `before` marked as merged."""
    pieces, at = [], 0
    for part in parts:
        span = (at, at + len(part))  # one symbol is one byte
        fresh = before is not None and span not in before
        pieces.append(Piece(label=bytes_label(symbol_bytes(part))[0], start=span[0], end=span[1], merged=fresh))
        at = span[1]
    return tuple(pieces)


def _whole(tokenizer: PreTrainedTokenizerBase, token: Token) -> MergedWord:
    """Return a special token: it is found in the text before any merging, and never merged."""
    piece = Piece(label=token.label, start=0, end=len(token_bytes(tokenizer, token.id)))
    return MergedWord(label=token.label, steps=(MergeStep(pieces=(piece,), rank=None),), ids=(token.id,))
