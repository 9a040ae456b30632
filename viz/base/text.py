"""Tokens and weights as text in a figure: escaped, shortened, rounded."""

from __future__ import annotations

import math
import unicodedata

LONGEST_LABEL = 12  # in widths of a digit


def escape(text: str) -> str:
    """Return `text` so that plotly draws it as it is: it would read `<b>` and `&lt;` as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(text: str) -> int:
    """Return how wide `text` is, in widths of a digit; East Asian characters and emoji take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def shorten(text: str, most: int = LONGEST_LABEL) -> str:
    """Return `text` cut to `most` widths of a digit, with an ellipsis where something is left out."""
    if units(text) <= most:
        return text
    kept = ""
    for character in text:
        if units(kept + character) > most - 1:
            break
        kept += character
    return kept + "…"


def number(weight: float) -> str:
    """Return `weight` with two significant figures, `0` for an exact zero."""
    if weight == 0:
        return "0"
    if weight < 0.00095:
        return f"{weight:.0e}".replace("e-0", "e-")
    rounded = float(f"{weight:.1e}")
    return f"{rounded:.{max(1, 1 - math.floor(math.log10(rounded)))}f}"
