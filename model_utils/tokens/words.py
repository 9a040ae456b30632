"""Words as readers know them, made of a sentence's tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """One word: its text, and the tokens (counted from 0 in the sentence) that are its pieces."""

    text: str
    tokens: tuple[int, ...]


def group_words(text: str, tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Return the words of a sentence in order; every token belongs to exactly one.

    A token belongs to the word that holds its first character that is no space, so a piece that runs over a word's end
    stays with that word. A token of spaces or line breaks alone is a word by itself, shown by its label.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    groups: list[tuple[int | None, list[int]]] = []
    for index, token in enumerate(tokens):
        at = _word_at(text, token, spans)
        if at is not None and groups and groups[-1][0] == at:
            groups[-1][1].append(index)
        else:
            groups.append((at, [index]))
    return tuple(_word(text, spans, tokens, at, members) for at, members in groups)


def _word_at(text: str, token: Token, spans: list[tuple[int, int]]) -> int | None:
    """Return the number of the span in which the first visible character of `token` lies; None for spaces."""
    piece = text[token.start : token.end]
    start = token.start + len(piece) - len(piece.lstrip())
    return next((at for at, (low, high) in enumerate(spans) if low <= start < high and start < token.end), None)


def _word(text: str, spans: list[tuple[int, int]], tokens: Sequence[Token], at: int | None, members: list[int]) -> Word:
    if at is None:
        return Word(text="".join(tokens[index].label for index in members), tokens=tuple(members))
    end = max(spans[at][1], *(tokens[index].end for index in members))
    return Word(text=text[spans[at][0] : end].strip(), tokens=tuple(members))
