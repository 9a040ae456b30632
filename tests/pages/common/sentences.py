"""What tests read in the sentences of a page, whatever their wording: the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


def numbers(text: str) -> list[float]:
    """Return the numbers that stand in a text, in its order; commas may part thousands."""
    return [float(found.replace(",", "")) for found in re.findall(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?", text)]


def quoting(elements: Iterable[Any], *wanted: float) -> list[str]:
    """Return the texts of those elements of a page in which all the wanted numbers stand."""
    return [element.value for element in elements if {*wanted} <= {*numbers(element.value)}]
