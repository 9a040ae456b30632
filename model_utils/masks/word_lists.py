"""Lists of words that become a mask: typed ones, and three that are ready."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from model_utils.errors import InputError
from model_utils.limits import MAX_LIST_WORDS
from model_utils.tokens.words import Word

READY = ("feelings", "names", "medical")
_FOLDER = Path(__file__).with_name("lists")


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Where a list occurs in a sentence: the places of the words, the entries that were found, and those that were not."""

    places: tuple[int, ...]
    found: tuple[str, ...]
    missing: tuple[str, ...]


@cache
def ready_list(name: str) -> tuple[str, ...]:
    """Return the words of the ready list `name`, one of READY."""
    return tuple((_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split())


def parse_list(text: str) -> tuple[str, ...]:
    """Return the entries of a typed list, parted by commas, semicolons or line breaks, each once whatever its case.

    Raises InputError for more than MAX_LIST_WORDS.
    """
    parts = (" ".join(part.split()) for part in re.split(r"[,;\n\r]", text))
    entries = {_folded(part): part for part in parts if _folded(part)}
    if len(entries) > MAX_LIST_WORDS:
        raise InputError(f"The list has {len(entries):,} entries, and {MAX_LIST_WORDS} are the most: shorten it.")
    return tuple(entries.values())


def match(words: Sequence[Word], entries: Sequence[str]) -> Matches:
    """Return where `entries` occur in a sentence, as whole words and whatever their case.

    An entry of several words matches them in a row. A possessive counts as its word: `Alice` matches `Alice's`.
    """
    forms = [_forms(word.text) for word in words]
    places: set[int] = set()
    found: list[str] = []
    missing: list[str] = []
    for entry in entries:
        wanted = _folded(entry).split()
        starts = [
            start
            for start in range(len(forms) - len(wanted) + 1)
            if wanted and all(want in forms[start + step] for step, want in enumerate(wanted))
        ]
        places.update(start + step for start in starts for step in range(len(wanted)))
        (found if starts else missing).append(entry)
    return Matches(places=tuple(sorted(places)), found=tuple(found), missing=tuple(missing))


def _forms(text: str) -> frozenset[str]:
    """Return what a word of a sentence counts as: itself without marks around it, and without a possessive ending."""
    word = _folded(text)
    return frozenset({word, re.sub(r"['’]s?$", "", word)})


def _folded(text: str) -> str:
    """Return `text` for comparing: composed, case folded, apostrophes alike, marks around each word stripped."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).replace("’", "'")
    return " ".join(filter(None, (re.sub(r"^[^\w\[]+|[^\w\]']+$", "", part) for part in plain.split())))
