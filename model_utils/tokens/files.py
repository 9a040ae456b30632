"""Sentences from a file that a reader has."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePath

from model_utils.errors import InputError
from model_utils.limits import MAX_CHARACTERS, MAX_FILE_BYTES, MAX_SENTENCES

KINDS = ("txt", "csv")


@dataclass(frozen=True, kw_only=True)
class FileSentences:
    """The sentences that a file gives, and in one sentence what of it did not fit; empty where all did."""

    texts: tuple[str, ...]
    left_out: str


def sentences_of(name: str, content: bytes) -> FileSentences:
    r"""Return the sentences of a file called `name`: the lines of a `.txt`, the first column of a `.csv`.

    Empty lines are no sentences; line breaks inside a cell become the `\n` that the page's own box has. Raises InputError
    for a file of another kind, one that is too large, no text in UTF-8, or empty.
    """
    kind = PurePath(name).suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(
            "The file must be a .txt with one sentence a line, or a .csv with the sentences in column one."
        )
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"The file has {len(content):,} bytes; {MAX_FILE_BYTES:,} are the most.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The file is no text in UTF-8: save it as UTF-8 and choose it again.") from None
    if kind == "csv":
        try:
            lines = [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row]
        except csv.Error as error:
            raise InputError(f"The file is no table that can be read ({error}).") from None
    else:
        lines = text.splitlines()
    found = [line.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n") for line in lines if line.strip()]
    if not found:
        raise InputError("The file holds no sentence.")
    return _that_fit(found)


def _that_fit(found: list[str]) -> FileSentences:
    kept: list[str] = []
    for line in found[:MAX_SENTENCES]:
        if len("\n".join([*kept, line])) > MAX_CHARACTERS:
            break
        kept.append(line)
    if not kept:
        raise InputError(f"The first sentence of the file is longer than {MAX_CHARACTERS:,} characters.")
    left = len(found) - len(kept)
    bounds = f"{MAX_SENTENCES} sentences and {MAX_CHARACTERS:,} characters are the most"
    return FileSentences(
        texts=tuple(kept),
        left_out=f"The file has {len(found):,} sentences; {bounds}: the first {len(kept)} are here." if left else "",
    )
