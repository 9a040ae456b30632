"""Why a cell is blocked, in words: every real cause, and what the reader named it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.masks.mask import Mask, MaskSpec

# What a reader notices first is told first; causality and pattern never meet in one cell.
_ORDER = ("padding", "causal", "pattern", "hand")


def reasons(spec: MaskSpec, *, dropped: bool = False) -> dict[str, str]:
    """Return for each cause the words that end the sentence `… may not read …: it …`, true of the pattern of `spec`.

    `dropped` tells that the pattern may also mean a prompt that is dropped from the text's sight.
    """
    pattern = {
        "window": f"it lies outside the window of {spec.width}",
        "sink": f"it is neither among the first {spec.first} nor in the window of {spec.width}",
        "documents": "it belongs to another document",
    }
    told = pattern.get(spec.pattern, "it is of the dropped prompt" if dropped else "the pattern leaves it out")
    return {
        "padding": "it is padding",
        "causal": "it comes later",
        "pattern": f"{told}, or of the dropped prompt" if dropped and spec.pattern in pattern else told,
        "hand": "it is hidden by hand",
    }


def why(query: str, key: str, causes: Iterable[str], spec: MaskSpec, *, dropped: bool = False) -> str:
    """Return one sentence that names both tokens and every cause: `cat may not read sat: it comes later` and so on."""
    words, found = reasons(spec, dropped=dropped), set(causes)
    told = [words[cause] for cause in _ORDER if cause in found]
    more = [reason.replace("it is ", "it is also ", 1) for reason in told[1:]]
    return f"{query} may not read {key}: {'; '.join([*told[:1], *more])}."


def sentence(
    query: str, key: str, visible: float, causes: Iterable[str], spec: MaskSpec, *, dropped: bool = False
) -> str:
    """Return what is true of one cell in one sentence; `visible` is 0, 1, or the weight between."""
    if visible == 0:
        return why(query, key, causes, spec, dropped=dropped)
    if visible == 1:
        return f"{query} may read {key}."
    return f"{query} may read {key}, softened: its part counts {visible:.3g} times."


def sentences(
    mask: Mask, spec: MaskSpec, labels: Sequence[str], *, number: int, dropped: bool = False
) -> list[list[str]]:
    """Return `[T][T]` the sentence of each cell of sentence `number` with these labels, rows are queries."""
    names = [f"“{label}”" for label in labels]
    causes = {name: cells[number] for name, cells in mask.causes.items()}
    return [
        [
            sentence(
                query,
                key,
                float(mask.visible[number, q, k]),
                (c for c in causes if causes[c][q, k]),
                spec,
                dropped=dropped,
            )
            for k, key in enumerate(names)
        ]
        for q, query in enumerate(names)
    ]
