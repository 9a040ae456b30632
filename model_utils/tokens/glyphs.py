"""Text and bytes as characters that can be seen."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What a mark is set on where it has no letter of its own.
_CIRCLE = "\u25cc"

# Unicode's categories of what has no shape: control, format, surrogate, private, unassigned; spaces and separators.
_SHAPELESS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
# Blocks that are kept for pictographs: one that this Python's tables do not have yet, the reader's browser may well draw.
_PICTOGRAPHS = range(0x1F000, 0x1FB00)
# Letters, marks and symbols that are made to be empty; only their names tell.
_EMPTY = re.compile("VARIATION SELECTOR|GRAPHEME JOINER|VOWEL INHERENT|HANGUL .*FILLER|PATTERN BLANK|NULL NOTEHEAD")


def visible(text: str) -> str:
    """Return `text` with whatever a reader cannot see as characters that can be seen.

    A space is `␣`, a line break `⏎`, another control character its control picture; what else has no shape or no width is
    named by its code, such as `U+200B`. A mark stays with the letter or sign before it; alone, it gets a dotted circle to
    stand on, or is named where it has no shape of its own.
    """
    shown, based = [], False  # based: what stands before can carry a mark
    for character in text:
        glyph = _glyph(character)
        if unicodedata.category(character)[0] == "M":
            shown.append(character if based else _CIRCLE + glyph if glyph == character else glyph)
            based = based or glyph == character
        else:
            shown.append(glyph)
            based = glyph == character
    return "".join(shown)


@lru_cache(maxsize=4096)
def _glyph(character: str) -> str:
    """Return one character, or what stands for it where it cannot be seen."""
    if (picture := _PICTURES.get(character)) is not None:
        return picture
    category = unicodedata.category(character)
    if category == "Cn" and ord(character) in _PICTOGRAPHS:
        return character
    if category in _SHAPELESS or _EMPTY.search(unicodedata.name(character, "")):
        return f"U+{ord(character):04X}"
    return character


def spoken(label: str) -> str:
    """Return a token's label as a screen reader should say it: words as they are, signs alone by their names.

    Read aloud, a lone `,` is silence.
    """
    text = label.replace("␣", "")
    if any(character.isalnum() for character in text):
        return text
    return " ".join(_SPOKEN.get(sign, unicodedata.name(sign, sign).lower()) for sign in text or label)


def bytes_label(raw: bytes) -> tuple[str, bool]:
    """Return the label of the bytes of a token, and whether they are a piece of a split character."""
    try:
        return visible(raw.decode()), False
    except UnicodeDecodeError:
        head = raw.lstrip(b" ")
        return "␣" * (len(raw) - len(head)) + "‹" + " ".join(f"{byte:02X}" for byte in head) + "›", True


def symbol_bytes(symbol: str) -> bytes:
    """Return the bytes of a token as the vocabulary writes it; what is not written so stands for itself."""
    if all(character in _BYTE_OF for character in symbol):
        return bytes(_BYTE_OF[character] for character in symbol)
    return symbol.encode()


def _byte_symbols() -> dict[str, int]:
    """Return the byte that each of GPT-2's 256 printable stand-in characters means.

    Printable bytes stand for themselves; the others take the code points from 256 on, in order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(256 + index): byte for index, byte in enumerate(others)})
    return table


_BYTE_OF = _byte_symbols()

# Control pictures (U+2400 block), and signs for the spaces that are common.
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)}
_SPOKEN = {"␣": "space", "⏎": "line break", "⇥": "tab", ".": "dot", "-": "dash"}
_PICTURES |= {chr(0x7F): "␡", "\n": "⏎", "\t": "⇥", " ": "␣", "\u00a0": "⍽"}
