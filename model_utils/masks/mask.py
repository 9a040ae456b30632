"""Attention masks: the rule, and the rule applied to a batch. Axis letters: B sentence, T token, Q query, K key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from model_utils.errors import InputError
from model_utils.tokens.batch import END_OF_TEXT_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.tokens.batch import TokenBatch

Pattern = Literal["causal", "bidirectional", "prefix", "window", "sink", "documents"]
Gap = Literal["hole", "close"]
Weights = Mapping[int, float] | tuple[tuple[int, float], ...]

# Why a cell is blocked, in the order that decides where several causes meet. 0 means visible.
CAUSES = ("padding", "hand", "pattern", "causal")
CAUSE_CODE = {cause: code for code, cause in enumerate(CAUSES, start=1)}

FILL_MIN = float(np.finfo(np.float32).min)


@dataclass(frozen=True, kw_only=True)
class MaskSpec:
    """The rule of a mask, independent of any length.

    `width` counts the token itself; `first` is used by `sink` and `prefix`. `weights` gives a real token of `sentence`
    (counted from 0 without pads) a weight in [0, 1]: 0 hides it, 1 leaves it, between softens it; a mapping or pairs,
    kept as pairs sorted by token, so that specs compare and hash by all that they say. `cells` are single blocked
    (query, key) pairs of that sentence. `gap` says what happens to positions behind a hidden token: a `hole` keeps
    them, `close` moves them up as `generate` does with a 2-D mask. Raises InputError for what does not fit.
    """

    pattern: Pattern = "causal"
    width: int = 4
    first: int = 1
    padding: bool = True
    sentence: int = 0
    weights: Weights = ()
    cells: frozenset[tuple[int, int]] = frozenset()
    gap: Gap = "hole"

    def __post_init__(self) -> None:
        if self.pattern not in get_args(Pattern):
            raise InputError(f"Pattern {self.pattern!r} is unknown: choose one of {', '.join(get_args(Pattern))}.")
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
        self._settle_weights()
        for query, key in self.cells:
            if query < 0 or key < 0:
                raise InputError(f"Cell {query}-{key} does not fit: tokens count from 0.")

    def _settle_weights(self) -> None:
        """Check the weights and keep them as pairs sorted by token."""
        pairs = self.weights.items() if isinstance(self.weights, Mapping) else self.weights
        for token, weight in pairs:
            if token < 0 or not 0.0 <= weight <= 1.0:
                raise InputError(f"Weight {token}:{weight} does not fit: tokens count from 0, weights lie in 0 to 1.")
        settled = tuple(sorted((int(token), float(weight)) for token, weight in pairs))
        for (token, _), (other, _) in pairwise(settled):
            if token == other:
                raise InputError(f"Token {token} has two weights: give each token one.")
        object.__setattr__(self, "weights", settled)

    @property
    def pairs(self) -> tuple[tuple[int, float], ...]:
        """Return the weights as (token, weight) pairs, sorted by token."""
        return tuple(self.weights)  # type: ignore[arg-type]  # settled as pairs on construction


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """A rule applied to a batch, read-only.

    `visible[B, Q, K]` is 1 where query q may read key k, 0 where it may not, and the weight between where it is softened.
    `cause[B, Q, K]` is 0 where visible, else the first cause of CAUSES that applies, as its CAUSE_CODE.
    `causes` holds for every cause its own `[B, Q, K]` truth values, so that overlapping causes can all be told.
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
    allowed = np.stack([_pattern(spec, batch, b) for b in range(B)])  # (B, Q, K)
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
    return Mask(visible=visible, cause=cause, causes=causes, position_ids=_positions(spec, batch))


def _pattern(spec: MaskSpec, batch: TokenBatch, sentence: int) -> NDArray[np.bool_]:
    """Return `[Q, K]`: what the pattern alone allows. Distances are taken in columns, first tokens without the pads."""
    T = batch.size[1]
    query, key = np.ogrid[:T, :T]
    causal: NDArray[np.bool_] = key <= query  # (Q, K)
    start = batch.first(sentence)
    if spec.pattern == "bidirectional":
        return np.ones((T, T), dtype=bool)
    if spec.pattern == "prefix":
        inside = start + spec.first
        return causal | ((query < inside) & (key < inside))
    if spec.pattern == "window":
        return causal & (query - key < spec.width)
    if spec.pattern == "sink":
        return causal & ((query - key < spec.width) | ((key >= start) & (key < start + spec.first)))
    if spec.pattern == "documents":
        document = _documents(batch, sentence)
        same: NDArray[np.bool_] = np.equal(document[:, None], document[None, :])
        return causal & same
    return causal


def _documents(batch: TokenBatch, sentence: int) -> NDArray[np.int64]:
    """Return `[T]`: the number of the document of each column; a real end-of-text token opens a new one."""
    opens = (batch.input_ids[sentence] == END_OF_TEXT_ID) & (batch.attention_mask[sentence] == 1)
    return np.cumsum(opens, dtype=np.int64)


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
        _check_token(token, count)
        visible[b, :, first + token] = weight
        # In float32, as it is stored: a weight too small for it hides the token, and must not look visible.
        hidden[b, :, first + token] = np.float32(weight) == 0
    for query, key in spec.cells:
        _check_token(query, count)
        _check_token(key, count)
        hidden[b, first + query, first + key] = True


def _check_token(token: int, count: int) -> None:
    if token >= count:
        raise InputError(f"The hand mask names token {token}, but the sentence has tokens 0 to {count - 1}.")


def _positions(spec: MaskSpec, batch: TokenBatch) -> NDArray[np.int64]:
    """Return `[B, T]` position ids: kept (`hole`), closed up behind hidden tokens, or restarted per document."""
    counted = batch.attention_mask.copy()
    if spec.gap == "close":
        for token, weight in spec.pairs:
            if np.float32(weight) == 0:
                counted[spec.sentence, batch.first(spec.sentence) + token] = 0
    found = np.maximum(np.cumsum(counted, axis=-1, dtype=np.int64) - 1, 0)
    found[batch.attention_mask == 0] = 0
    if spec.pattern == "documents":
        for b in range(batch.size[0]):
            found[b] -= _document_starts(batch, b, found[b])
    return found


def _document_starts(batch: TokenBatch, sentence: int, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `[T]`: the position at which each column's document begins."""
    document = _documents(batch, sentence)
    real = batch.attention_mask[sentence] == 1
    starts = np.zeros_like(positions)
    for number in np.unique(document[real]):
        members = real & (document == number)
        starts[members] = positions[members].min()
    return starts
