"""Words as readers know them, made of a sentence's tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_utils.tokens.glyphs import visible

if TYPE_CHECKING:
    from model_utils.tokens.batch import Token


def _marks() -> str:
    """Return, as the inside of a character class, what joins letters but is none: accents, vowel signs, joiners."""
    codes = [code for code in range(0x10000) if unicodedata.category(chr(code)).startswith("M")]
    return "".join(map(chr, codes)) + "\u200c\u200d"


# What counts as one word: a typed [MASK]; one Chinese or Japanese character, since no spaces part them; letters, digits
# and their marks, with the apostrophes inside them; a run of other marks.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"(?:[^\W{_CJK}]|[{_marks()}])"
_WORD = re.compile(rf"\[MASK\]|[{_CJK}]|{_LETTER}+(?:['’]{_LETTER}+)*|[^\w\s]+?(?=\[MASK\]|[\w\s]|$)")


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word: what of the sentence it is, how it reads, and the tokens (counted from 0 in the sentence) that it is made of.

    `text` is exact, with the space before it; the texts of a sentence's words are the sentence. `label` is for readers.
    """

    text: str
    label: str
    tokens: tuple[int, ...]


def group_words(text: str, tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Return the words of a sentence in order; every token belongs to exactly one.

    Words that share a token are one word: `'m` of `'my dog` belongs to `'my`, for nothing can hide a part of a token. A
    special token is a word by itself, and so is one of spaces or line breaks alone.
    """
    spans = _spans(text, tokens)
    groups: list[list[int]] = []
    end, last = 0, None  # where the last group ends, and the span of the last token
    for index, token in enumerate(tokens):
        at = None if token.special else _span_at(text, token, spans)
        shared = at is not None and (at == last or spans[at][0] < end)
        if groups and not token.special and (shared or token.start < end):
            groups[-1].append(index)
        else:
            groups.append([index])
        end, last = max(end, token.end), at
    return _words(text, tokens, groups)


def _spans(text: str, tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return start and end of every word of `text`, as a reader parts it; special tokens are no words of his."""
    edges = [(token.start, token.end) for token in tokens if token.special]
    starts, ends = [0, *(end for _, end in edges)], [*(start for start, _ in edges), len(text)]
    return [match.span() for start, end in zip(starts, ends, strict=True) for match in _WORD.finditer(text, start, end)]


def _span_at(text: str, token: Token, spans: list[tuple[int, int]]) -> int | None:
    """Return the number of the span in which the first visible character of `token` lies; None for spaces."""
    piece = text[token.start : token.end]
    start = token.start + len(piece) - len(piece.lstrip())
    return next((at for at, (low, high) in enumerate(spans) if low <= start < high and start < token.end), None)


def _words(text: str, tokens: Sequence[Token], groups: Sequence[Sequence[int]]) -> tuple[Word, ...]:
    """Return the groups of tokens as words, which together are the whole text."""
    found, start = [], 0
    for number, members in enumerate(groups):
        end = len(text) if number == len(groups) - 1 else max(start, tokens[members[-1]].end)
        part = text[start:end]
        found.append(Word(text=part, label=visible(part.strip() or part), tokens=tuple(members)))
        start = end
    return tuple(found)
