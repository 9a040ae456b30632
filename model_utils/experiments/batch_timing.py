"""One sentence at a time against a batch: the same texts, and how long each way takes. Axis letter: B sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_utils.errors import InputError
from model_utils.generate.decode import decode_tokens
from model_utils.generate.lane import Lane

if TYPE_CHECKING:
    from model_utils.generate.step import Drawn
    from model_utils.models.loading import LoadedModel

# Times that each way is measured; the two take turns, so that a busy moment slows both.
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
    """Whether a sentence got the same text both ways; `at` is the first step that differs, `near` whether it was a near-tie."""

    equal: bool
    at: int | None = None
    near: bool = False


@dataclass(frozen=True, kw_only=True)
class BatchTiming:
    """Some lanes, to be decoded in one batch and one after another. Raises InputError for fewer than two.

    `gate` is held and `check` called for one step at a time: `check` raises to stop. Waiting for the gate is not timed.
    """

    loaded: LoadedModel
    lanes: Sequence[Lane]
    max_new_tokens: int
    gate: Callable[[], AbstractContextManager[None]] = nullcontext
    check: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        if len(self.lanes) < 2:
            raise InputError("A single sentence is no batch: write at least two to compare.")

    def rounds(self, count: int = ROUNDS) -> Iterator[Round]:
        """Yield the times of both ways, a round at a time, after one step that warms the caches.

        Neither way keeps a record of what it saw. Which way goes first changes from round to round.
        """
        next(decode_tokens(self.loaded, self.lanes, 1))
        for number in range(count):
            first = self._batch() if number % 2 == 0 else self._alone()
            second = self._alone() if number % 2 == 0 else self._batch()
            batch, alone = (first, second) if number % 2 == 0 else (second, first)
            yield Round(batch=batch[0], alone=alone[0])

    def same(self) -> tuple[Same, ...]:
        """Return for each lane whether it draws the same tokens both ways; rounding may turn a near-tie only."""
        pairs = zip(self._batch()[1], self._alone()[1], strict=True)
        return tuple(_same(batched, alone) for batched, alone in pairs)

    def _batch(self) -> tuple[float, list[list[Drawn]]]:
        return self._decode(self.lanes)

    def _alone(self) -> tuple[float, list[list[Drawn]]]:
        found = [self._decode([lane]) for lane in self.lanes]
        return sum(seconds for seconds, _ in found), [rows[0] for _, rows in found]

    def _decode(self, lanes: Sequence[Lane]) -> tuple[float, list[list[Drawn]]]:
        """Return the seconds that decoding some lanes in one batch took, and what each drew."""
        rows: list[list[Drawn]] = [[] for _ in lanes]
        seconds, steps = 0.0, decode_tokens(self.loaded, lanes, self.max_new_tokens)
        while True:
            self.check()
            with self.gate():
                start = self.clock()
                drawn = next(steps, None)
                seconds += self.clock() - start
            if drawn is None:
                return seconds, rows
            for one in drawn:
                rows[one.lane].append(one)


def _same(one: Sequence[Drawn], other: Sequence[Drawn]) -> Same:
    for a, b in zip(one, other, strict=False):
        if a.token_id != b.token_id:
            return Same(equal=False, at=a.number, near=min(a.margin, b.margin) < NEAR)
    return Same(equal=len(one) == len(other))


@dataclass(frozen=True, kw_only=True)
class TimingResult:
    """What the rounds show: medians in seconds, how many times faster the batch is, and whether every round agrees."""

    batch: float
    alone: float
    times: float
    decided: bool


def judge(rounds: Sequence[Round]) -> TimingResult:
    """Return what the rounds show; `decided` where one way was faster in every one of at least three."""
    batch, alone = (float(np.median([getattr(one, way) for one in rounds])) for way in ("batch", "alone"))
    wins = [one.batch < one.alone for one in rounds]
    return TimingResult(
        batch=batch, alone=alone, times=alone / batch, decided=len(rounds) >= 3 and (all(wins) or not any(wins))
    )


def room(tokens: Sequence[int], max_length: int) -> int:
    """Return how many tokens `generate(max_length=...)` may add to a padded batch: it counts the pads of all rows too.

    `tokens` are the lengths of the sentences. The longest decides for all, so that a short sentence gets no more.
    """
    return max(max_length - max(tokens), 0)
