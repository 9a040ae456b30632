"""The hand mask as the short text that a link carries: `3:0.5,4:0` for weights, `5-2,6-2` for single cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from model_utils.errors import InputError
from model_utils.masks.mask import check_token


def parse_weights(text: str, count: int) -> dict[int, float]:
    """Return the weight of each token that `text` names; the others have weight 1.

    `count` is the number of tokens of the sentence. Raises InputError for what is no pair, for a token that is not
    there or named twice, and for a weight outside 0 to 1.
    """
    found: dict[int, float] = {}
    for part in _parts(text):
        match = re.fullmatch(r"(\d{1,9})\s*:\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", part, re.ASCII)
        if match is None:
            raise InputError(
                f"The hand mask holds {part[:30]!r}, which is no pair of token and mask value: write it as 3:0.5,4:0."
            )
        token, weight = int(match[1]), float(match[2])
        check_token(token, count)
        if not 0.0 <= weight <= 1.0:
            raise InputError(
                f"The mask value of token {token} is {match[2]}: mask values go from 0 (hidden) to 1 (visible)."
            )
        if token in found:
            raise InputError(f"Token {token} has two mask values in the hand mask: give it one.")
        found[token] = weight
    return {token: weight for token, weight in sorted(found.items()) if weight != 1.0}


def format_weights(weights: Mapping[int, float]) -> str:
    """Return `weights` as the text of a link, tokens in order, full weights left out, at most four decimals."""
    return ",".join(f"{token}:{_short(weight)}" for token, weight in sorted(weights.items()) if weight < 1)


def parse_cells(text: str, count: int) -> frozenset[tuple[int, int]]:
    """Return the blocked (query, key) cells that `text` names. Raises InputError as `parse_weights` does."""
    found = set()
    for part in _parts(text):
        match = re.fullmatch(r"(\d{1,9})\s*-\s*(\d{1,9})", part, re.ASCII)
        if match is None:
            raise InputError(f"The blocked cells hold {part[:30]!r}, which is no pair of tokens: write it as 5-2,6-2.")
        query, key = int(match[1]), int(match[2])
        check_token(query, count)
        check_token(key, count)
        found.add((query, key))
    return frozenset(found)


def format_cells(cells: Iterable[tuple[int, int]]) -> str:
    """Return `cells` as the text of a link, in order."""
    return ",".join(f"{query}-{key}" for query, key in sorted(cells))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _short(weight: float) -> str:
    """Return a weight in as few characters as it takes; what rounds to 0 or 1 keeps the smallest step off them."""
    rounded = min(max(round(weight, 4), 0.0001), 0.9999) if 0 < weight < 1 else weight
    return f"{rounded:g}"
