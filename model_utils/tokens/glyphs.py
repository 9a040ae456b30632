"""Text and bytes as characters that can be seen."""

from __future__ import annotations


def visible(text: str) -> str:
    """Return `text` with spaces, line breaks, tabs and control characters as characters that can be seen."""
    return "".join(_VISIBLE.get(character, character) for character in text)


def bytes_label(raw: bytes) -> tuple[str, bool]:
    """Return the label of the bytes of a token, and whether they are a piece of a split character."""
    try:
        return visible(raw.decode()), False
    except UnicodeDecodeError:
        head = raw.lstrip(b" ")
        return "␣" * (len(raw) - len(head)) + "‹" + " ".join(f"{byte:02X}" for byte in head) + "›", True


def symbol_bytes(symbol: str) -> bytes:
    """Return the bytes of a token as the vocabulary writes it; tokens added later are written as they are."""
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

# Control pictures (U+2400 block) for what has no shape of its own; bidirectional marks would reorder their neighbours.
_VISIBLE = {chr(code): chr(0x2400 + code) for code in range(32)}
_VISIBLE |= {chr(0x7F): "␡", "\n": "⏎", "\t": "⇥", " ": "␣", "\u00a0": "⍽"}
_VISIBLE |= {chr(code): f"U+{code:04X}" for code in (*range(0x80, 0xA0), 0xAD)}
_VISIBLE |= {chr(code): f"U+{code:04X}" for code in (*range(0x200B, 0x2010), *range(0x2028, 0x202F))}
_VISIBLE |= {chr(code): f"U+{code:04X}" for code in (*range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF)}
