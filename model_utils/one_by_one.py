"""One sentence at a time against a batch: the same texts, and how long each way takes. Axis letter: B sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_utils.errors import InputError
from model_utils.generation import Lane, decode_tokens

if TYPE_CHECKING:
    from model_utils.loading import LoadedModel
    from model_utils.steps import Drawn

# Times that each way is measured; the two take turns, so that a busy moment meets both.
ROUNDS = 5
# Scores of two draws that lie closer than this may fall either way by rounding, which differs with the batch.
NEAR = 1e-4


@dataclass(frozen=True, kw_only=True)
class Round:
    """One measurement of both ways, in seconds."""

    batch: float
    alone: float


@dataclass(frozen=True, kw_only=True)
class Same:
    """Whether a sentence got the same text both ways; `at` is the first step that differs, `near` says it was a near-tie."""

    equal: bool
    at: int | None = None
    near: bool = False


def compare_ways(loaded: LoadedModel, lanes: Sequence[Lane], max_new_tokens: int) -> tuple[Same, ...]:
    """Return for each lane whether it draws the same tokens in the batch and alone; rounding may turn a near-tie only."""
    together = _texts(decode_tokens(loaded, lanes, max_new_tokens), len(lanes))
    found = []
    for lane, batched in zip(lanes, together, strict=True):
        alone = _texts(decode_tokens(loaded, [lane], max_new_tokens), 1)[0]
        found.append(_same(batched, alone))
    return tuple(found)


def _texts(steps: Iterable[tuple[Drawn, ...]], lanes: int) -> list[list[Drawn]]:
    rows: list[list[Drawn]] = [[] for _ in range(lanes)]
    for drawn in steps:
        for one in drawn:
            rows[one.lane].append(one)
    return rows


def _same(one: Sequence[Drawn], other: Sequence[Drawn]) -> Same:
    for a, b in zip(one, other, strict=False):
        if a.token_id != b.token_id:
            return Same(equal=False, at=a.number, near=min(a.margin, b.margin) < NEAR)
    return Same(equal=len(one) == len(other))


def measure_rounds(
    loaded: LoadedModel,
    lanes: Sequence[Lane],
    max_new_tokens: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Round]:
    """Yield the times of decoding all lanes in one batch and one after another, a round at a time.

    Neither way keeps a record of what it saw. Which way goes first changes from round to round; what is measured is
    preceded by one step that warms the caches. Raises InputError for fewer than two sentences.
    """
    if len(lanes) < 2:
        raise InputError("A single sentence is no batch: write at least two to compare.")

    def batch() -> float:
        start = clock()
        for _ in decode_tokens(loaded, lanes, max_new_tokens):
            pass
        return clock() - start

    def alone() -> float:
        start = clock()
        for lane in lanes:
            for _ in decode_tokens(loaded, [lane], max_new_tokens):
                pass
        return clock() - start

    next(decode_tokens(loaded, lanes, 1))
    for number in range(rounds):
        if number % 2:
            later = alone()
            yield Round(batch=batch(), alone=later)
        else:
            first = batch()
            yield Round(batch=first, alone=alone())


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the rounds say: medians in seconds, how many times faster the batch is, and whether every round agrees."""

    batch: float
    alone: float
    times: float
    decided: bool


def judge(rounds: Sequence[Round]) -> Verdict:
    """Return the verdict over the rounds; `decided` where one way was faster in every one of at least three."""
    batch, alone = (float(np.median([getattr(one, way) for one in rounds])) for way in ("batch", "alone"))
    wins = [one.batch < one.alone for one in rounds]
    return Verdict(
        batch=batch, alone=alone, times=alone / batch, decided=len(rounds) >= 3 and (all(wins) or not any(wins))
    )


def room(tokens: Sequence[int], max_length: int) -> int:
    """Return how many tokens `generate(max_length=...)` may add to a padded batch: it counts the pads of all rows too.

    `tokens` are the lengths of the sentences. The longest decides for all, so that a short sentence gets no more.
    """
    return max(max_length - max(tokens), 0)
