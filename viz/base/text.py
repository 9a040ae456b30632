"""Tokens and numbers as text in a figure: escaped, shortened, rounded."""

from __future__ import annotations

import html
import math
import unicodedata
from functools import lru_cache

LONGEST_LABEL = 12  # in widths of a digit


def escape(text: str) -> str:
    """Return `text` so that plotly draws it as it is: it reads `<b>` and `&lt;` as markup, but does not know `&quot;`."""
    return html.escape(text, quote=False)


@lru_cache(4096)
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
    """Return a weight in [0, 1] with two significant figures, one below 0.00095; `0` for an exact zero."""
    return f"{weight:.0e}".replace("e-0", "e-") if 0 < weight < 0.00095 else signed(weight)


def signed(value: float, figures: int = 2) -> str:
    """Return `value` with so many significant figures and a true minus; `−∞`, `NaN` and an exact `0` as they are.

    Three figures where a reader may calculate with it: with two, the result that is shown beside it would look wrong. Those
    too large to be written out have two in any case.
    """
    if math.isnan(value):
        return "NaN"
    if value == 0:
        return "0"
    sign, size = ("−" if value < 0 else ""), abs(value)
    if math.isinf(size):
        return f"{sign}∞"
    if size >= 99_999.5 or size < 0.00095:
        mantissa, power = f"{size:.{1 if size > 1 else figures - 1}e}".split("e")
        return f"{sign}{mantissa}e{int(power)}".replace("e-", "e−")
    size = float(f"{size:.{figures - 1}e}")  # rounded first: 0.996 becomes 1.0, not 1.00
    if size >= 100:
        return f"{sign}{size:,.0f}"
    return f"{sign}{size:.{max(0, figures - 1 - math.floor(math.log10(size) + 1e-9))}f}"


def brief(value: float) -> str:
    """Return `value` in three characters where that is possible, for cells of a hall: two decimals, no zero before them."""
    if not math.isfinite(value) or value == 0 or abs(value) >= 999.5:
        return signed(value)
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size < 0.005:
        return "≈0"
    decimals = 2 if size < 0.995 else 1 if size < 9.95 else 0
    return sign + f"{size:.{decimals}f}".removeprefix("0")


def precise(value: float) -> str:
    """Return `value` with all the figures that a float32 holds."""
    return f"{value:.9g}".replace("-", "−").replace("inf", "∞").replace("nan", "NaN")
