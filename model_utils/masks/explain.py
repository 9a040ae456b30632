"""A mask in words and in lines: a sentence for each cell, with every cause of a blocked one, and a table of all cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model_utils.masks.patterns import PATTERNS, filled
from model_utils.tokens.batch import sentence_label

if TYPE_CHECKING:
    from model_utils.masks.mask import Mask, MaskSpec
    from model_utils.tokens.batch import Token

# Words of a hand mask that are named; of others only how many there are.
_NAMED = 6


def reasons(spec: MaskSpec, *, dropped: bool = False) -> dict[str, str]:
    """Return for each cause the words that end the sentence `… may not read …: it …`, true of the pattern of `spec`.

    They come in the order in which a sentence names them: what a reader notices first leads. With `dropped` the pattern
    may also block a prompt that is dropped from the text's sight.
    """
    reason = filled(PATTERNS[spec.pattern].reason, width=spec.width, first=spec.first)
    if dropped:
        pattern = f"{reason}, or of the dropped prompt" if reason else "it is of the dropped prompt"
    else:
        pattern = reason or "the pattern leaves it out"
    return {
        "padding": "it is padding",
        "causal": "it comes later",
        "pattern": pattern,
        "hand": "it is hidden by hand",
    }


def rule_in_words(spec: MaskSpec, tokens: Sequence[Token]) -> list[str]:
    """Return what a rule hides beside what comes later and the padding, a part each; `tokens` are those of its sentence."""
    found = []
    if spec.pattern != "causal":
        pattern = PATTERNS[spec.pattern]
        numbers = [f"{name} {getattr(spec, name)}" for name in pattern.uses]
        found.append(", ".join([f"pattern {pattern.label}", *numbers]))
    if spec.pairs:
        named = [
            f"“{tokens[token].label}”" + (f" at mask value {weight:g}" if weight else "")
            for token, weight in spec.pairs
        ]
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        found.append(f"hidden or softened by hand in {_quoted(tokens)}: {', '.join(named[:_NAMED])}{more}")
    if spec.cells:
        found.append(f"single cells blocked in {_quoted(tokens)}: {len(spec.cells)}")
    return found


def _quoted(tokens: Sequence[Token]) -> str:
    """Return the sentence of these tokens as a choice of sentences names it, in quotes."""
    return f"“{sentence_label(''.join(token.label for token in tokens).replace('␣', ' '))}”"


def why(query: str, key: str, causes: Iterable[str], spec: MaskSpec, *, dropped: bool = False) -> str:
    """Return one sentence that names both tokens and every cause: `cat may not read sat: it comes later` and so on."""
    applying = set(causes)
    found = [reason for cause, reason in reasons(spec, dropped=dropped).items() if cause in applying]
    more = [reason.replace("it is ", "it is also ", 1) for reason in found[1:]]
    return f"{query} may not read {key}: {'; '.join([*found[:1], *more])}."


def sentence(
    query: str, key: str, visible: float, causes: Iterable[str], spec: MaskSpec, *, dropped: bool = False
) -> str:
    """Return what is true of one cell in one sentence; `visible` is 0, 1, or the weight between."""
    if visible == 0:
        return why(query, key, causes, spec, dropped=dropped)
    if visible == 1:
        return f"{query} may read {key}."
    return f"{query} may read {key}, softened: its attention weight counts {visible:.3g} times."


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


def table(mask: Mask, labels: Sequence[str], sentence: int) -> pd.DataFrame:
    """Return one line per cell of `sentence`: query, key, what the row may see, what is added, and every cause."""
    T = len(labels)
    query, key = (places.ravel() for places in np.indices((T, T)))
    names = np.array(labels, dtype=object)
    causes = {name: cells[sentence].ravel() for name, cells in mask.causes.items()}
    return pd.DataFrame(
        {
            "query": query,
            "query_token": names[query],
            "key": key,
            "key_token": names[key],
            "visible": mask.visible[sentence].ravel(),
            "added": mask.bias()[sentence, 0].ravel(),
            "blocked_by": [
                " and ".join(name for name, cells in causes.items() if cells[cell]) for cell in range(T * T)
            ],
        }
    )
