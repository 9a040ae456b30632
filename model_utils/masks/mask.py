"""Attention masks: the rule, and the rule applied to a batch. Axis letters: B sentence, T token, Q query, K key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from model_utils.errors import InputError
from model_utils.masks.patterns import NUMBERS, PATTERNS, PaddedSentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.tokens.batch import TokenBatch

Gap = Literal["hole", "close"]
Weights = Mapping[int, float] | tuple[tuple[int, float], ...]

# Why a cell is blocked, in the order that decides where several causes meet. 0 means visible.
CAUSES = ("padding", "hand", "pattern", "causal")
CAUSE_CODE = {cause: code for code, cause in enumerate(CAUSES, start=1)}

# What is added to the score of a blocked cell, by its published name.
FILL_MIN = float(np.finfo(np.float32).min)
FILLS = {"min": FILL_MIN, "-10000": -10_000.0, "-inf": float("-inf")}


@dataclass(frozen=True, kw_only=True)
class MaskSpec:
    """The rule of a mask, independent of any length.

    `pattern` is a key of PATTERNS, `width` (which counts the token itself) and `first` are the numbers that some use.
    `weights` gives a real token of `sentence` (counted from 0 without pads) a weight in [0, 1]: 0 hides it, 1 leaves it,
    between softens it; a mapping or pairs. `cells` are single blocked (query, key) pairs of that sentence. Both are kept
    as sorted tuples, so that equal rules are equal, and are one key of a cache, in whatever order they were given.
    `gap` names what happens to positions behind a hidden token: a `hole` keeps them, `close` moves them up as `generate`
    does with a 2-D mask. Raises InputError for what does not fit.
    """

    pattern: str = "causal"
    width: int = 4
    first: int = 1
    padding: bool = True
    sentence: int = 0
    weights: Weights = ()
    cells: Collection[tuple[int, int]] = ()
    gap: Gap = "hole"

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise InputError(f"Pattern {self.pattern!r} is unknown: choose one of {', '.join(PATTERNS)}.")
        if self.width < 1:
            raise InputError(
                f"Width {self.width} is too small: a window holds at least the token itself, so 1 or more."
            )
        if self.first < 0:
            raise InputError(f"First {self.first} is negative: choose 0 or more tokens.")
        if self.gap not in get_args(Gap):
            raise InputError(f"Gap {self.gap!r} is unknown: choose hole or close.")
        if self.sentence < 0:
            raise InputError(f"Sentence {self.sentence} is negative: sentences count from 0.")
        object.__setattr__(self, "weights", _sorted_weights(self.weights))
        object.__setattr__(self, "cells", _sorted_cells(self.cells))

    @property
    def pairs(self) -> tuple[tuple[int, float], ...]:
        """Return the weights as (token, weight) pairs, sorted by token."""
        return tuple(self.weights)  # type: ignore[arg-type]  # pairs since construction

    def in_effect(self) -> MaskSpec:
        """Return the rule without what has no effect in it, so that equal runs are one."""
        unused = {name: getattr(MaskSpec, name) for name in NUMBERS if name not in PATTERNS[self.pattern].uses}
        if not (self.pairs or self.cells):
            unused |= {"sentence": MaskSpec.sentence, "gap": MaskSpec.gap}
        return replace(self, **unused)


def _sorted_weights(weights: Weights) -> tuple[tuple[int, float], ...]:
    """Return the weights as pairs sorted by token. Raises InputError for one that does not fit, or a second of a token."""
    given = tuple(weights.items()) if isinstance(weights, Mapping) else weights
    for token, weight in given:
        if token < 0 or not 0.0 <= weight <= 1.0:
            raise InputError(
                f"Mask value {token}:{weight} does not fit: tokens count from 0, mask values lie in 0 to 1."
            )
    pairs = tuple(sorted((int(token), float(weight)) for token, weight in given))
    for (token, _), (other, _) in pairwise(pairs):
        if token == other:
            raise InputError(f"Token {token} has two mask values: give each token one.")
    return pairs


def _sorted_cells(cells: Collection[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the cells sorted by query and key, each once. Raises InputError for a negative place."""
    for query, key in cells:
        if query < 0 or key < 0:
            raise InputError(f"Cell {query}-{key} does not fit: tokens count from 0.")
    return tuple(sorted({(int(query), int(key)) for query, key in cells}))


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """A rule applied to a batch, read-only.

    `visible[B, Q, K]` is 1 where query q may read key k, 0 where it may not, and the weight between where it is softened.
    `cause[B, Q, K]` is 0 where visible, else the first cause of CAUSES that applies, as its CAUSE_CODE.
    `causes` holds for every cause its own `[B, Q, K]` truth values, so that overlapping causes can all be named.
    `position_ids[B, T]` are those that the model must run with.
    """

    visible: NDArray[np.float32]  # (B, Q, K)
    cause: NDArray[np.uint8]  # (B, Q, K)
    causes: Mapping[str, NDArray[np.bool_]]  # each (B, Q, K)
    position_ids: NDArray[np.int64]  # (B, T)

    def __post_init__(self) -> None:
        arrays: tuple[NDArray[Any], ...] = (self.visible, self.cause, self.position_ids, *self.causes.values())
        for array in arrays:
            array.setflags(write=False)

    @property
    def blocked_rows(self) -> NDArray[np.bool_]:
        """Return `[B, Q]`: True where a query may read nothing at all."""
        return np.logical_not((self.visible > 0).any(-1))

    def bias(self, fill: float = FILL_MIN) -> NDArray[np.float32]:
        """Return the additive mask `[B, 1, Q, K]`: 0 where visible, `fill` where blocked, log(weight) between.

        Adding log(w) to a score multiplies that key's unnormalised weight by w. Causes are combined before anything is
        added, since finfo.min + finfo.min would be minus infinity.
        """
        with np.errstate(divide="ignore"):
            bias = np.log(self.visible)
        return np.where(self.visible > 0, bias, np.float32(fill))[:, None]


def build_mask(spec: MaskSpec, batch: TokenBatch) -> Mask:
    """Return the Mask of `spec` over `batch`. Raises InputError when a weight or cell names a token that is not there."""
    B, T = batch.size
    real = batch.attention_mask == 1  # (B, T)
    pattern = PATTERNS[spec.pattern]
    rows = [PaddedSentence.of(batch, b, width=spec.width, first=spec.first) for b in range(B)]
    allowed = np.stack([pattern.allowed(row) for row in rows])  # (B, Q, K)
    future = np.triu(np.ones((T, T), dtype=bool), k=1)  # (Q, K)
    causes = {
        "padding": np.broadcast_to(~real[:, None, :], (B, T, T)).copy() if spec.padding else np.zeros((B, T, T), bool),
        "hand": np.zeros((B, T, T), dtype=bool),
        "pattern": ~allowed & ~future,
        "causal": ~allowed & future,
    }
    visible = np.ones((B, T, T), dtype=np.float32)
    _apply_hand(spec, batch, visible, causes["hand"])
    cause = np.zeros((B, T, T), dtype=np.uint8)
    for name in reversed(CAUSES):
        cause[causes[name]] = CAUSE_CODE[name]
    visible[cause > 0] = 0
    return Mask(visible=visible, cause=cause, causes=causes, position_ids=_positions(spec, batch, rows))


def _apply_hand(spec: MaskSpec, batch: TokenBatch, visible: NDArray[np.float32], hidden: NDArray[np.bool_]) -> None:
    """Write the hand mask of `spec.sentence` into `visible` (softened keys) and `hidden` (blocked cells)."""
    if not spec.pairs and not spec.cells:
        return
    if spec.sentence >= batch.size[0]:
        raise InputError(
            f"The hand mask is for sentence {spec.sentence}, but there are sentences 0 to {batch.size[0] - 1}."
        )
    b, first, count = spec.sentence, batch.first(spec.sentence), len(batch.tokens[spec.sentence])
    for token, weight in spec.pairs:
        check_token(token, count)
        visible[b, :, first + token] = weight
        # In float32, as it is stored: a weight too small for it hides the token, and must not look visible.
        hidden[b, :, first + token] = np.float32(weight) == 0
    for query, key in spec.cells:
        check_token(query, count)
        check_token(key, count)
        hidden[b, first + query, first + key] = True


def check_token(token: int, count: int) -> None:
    """Raise InputError for a token of the hand mask that a sentence of `count` tokens lacks."""
    if token >= count:
        raise InputError(f"The hand mask names token {token}, but the sentence has tokens 0 to {count - 1}.")


def _positions(spec: MaskSpec, batch: TokenBatch, rows: Sequence[PaddedSentence]) -> NDArray[np.int64]:
    """Return `[B, T]` position ids: kept (`hole`), closed up behind hidden tokens, or begun anew in each segment."""
    counted = batch.attention_mask.copy()
    if spec.gap == "close":
        for token, weight in spec.pairs:
            if np.float32(weight) == 0:
                counted[spec.sentence, batch.first(spec.sentence) + token] = 0
    found = np.maximum(np.cumsum(counted, axis=-1, dtype=np.int64) - 1, 0)
    found[batch.attention_mask == 0] = 0
    segments = PATTERNS[spec.pattern].segments
    if segments is not None:
        for b, row in enumerate(rows):
            found[b] -= _segment_starts(segments(row), row.real, found[b])
    return found


def _segment_starts(
    segment: NDArray[np.int64], real: NDArray[np.bool_], positions: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return `[T]`: the position at which the segment of each column begins; 0 for pads."""
    starts = np.zeros_like(positions)
    for number in np.unique(segment[real]):
        members = real & (segment == number)
        starts[members] = positions[members].min()
    return starts
