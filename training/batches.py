"""Which tokens a step sees: a function of the seed and the step alone, so a run that was stopped goes on exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.corpus import Corpus
from training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORED = -100  # a target that does not count; what torch's cross entropy skips
SHORTEST_REPEAT = 12


def window_starts(corpus: Corpus, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return where windows of `size` tokens begin so that they cover the text once, in random order.

    Each begins where a paragraph does; a paragraph longer than a window is cut. The first begins somewhere in the first
    window's reach, so that no two passes cut the text alike.
    """
    starts, end = corpus.starts, len(corpus.stream) - size - 1
    found, place = [], int(starts[rng.integers(0, np.searchsorted(starts, starts[0] + size, "right"))])
    while place <= end:
        found.append(place)
        last = int(starts[np.searchsorted(starts, place + size, "right") - 1])
        place = last if last > place else place + size
    return rng.permutation(np.array(found, np.int64))


@dataclass
class Batches:
    """The batches of a run; `at(step)` is the same however often and in whatever order it is asked."""

    corpus: Corpus
    recipe: Recipe

    def __post_init__(self) -> None:
        if len(self.corpus.stream) < 4 * self.recipe.context:
            raise ValueError(
                f"The training text has {len(self.corpus.stream)} tokens; it needs {4 * self.recipe.context} at least, "
                "four windows."
            )
        self._passes: dict[int, NDArray[np.int64]] = {}

    def _starts(self, number: int) -> NDArray[np.int64]:
        """Return the window starts of a pass over the text; the first pass, which gives the length, is kept."""
        if number not in self._passes:
            rng = np.random.default_rng([self.recipe.seed, 0, number])
            first = {0: self._passes[0]} if self._passes else {}
            self._passes = {**first, number: window_starts(self.corpus, self.recipe.context, rng)}
        return self._passes[number]

    @property
    def _steps_a_pass(self) -> int:
        """Return how many steps one pass takes; all count as long as the first, they differ by a few windows."""
        return max(1, len(self._starts(0)) // self.recipe.batch)

    def passes(self, step: int) -> float:
        """Return how many times the text was read before `step`."""
        return step / self._steps_a_pass

    def _places(self, step: int) -> NDArray[np.int64]:
        """Return the window starts of a step."""
        number, place = divmod(step, self._steps_a_pass)
        wanted = np.arange(self.recipe.batch) + place * self.recipe.batch
        return self._starts(number).take(wanted, mode="wrap")

    def at(self, step: int, *, late: bool = False) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return inputs and targets, `[B, T]` each, `IGNORED` where a target does not count.

        `late` means that the run is in its second half, where repeats may be rarer.
        """
        recipe, size = self.recipe, self.recipe.context
        rng = np.random.default_rng([recipe.seed, 1, step])
        rows = np.stack([self.corpus.stream[place : place + size + 1] for place in self._places(step)]).astype(np.int64)
        targets = rows[:, 1:].copy()  # (B, T)
        marked = rng.random(recipe.batch) < recipe.marked
        rows[marked] = np.roll(rows[marked], 1, axis=1)
        rows[marked, 0] = self.corpus.mark
        targets[marked] = rows[marked, 1:]
        for row in np.flatnonzero(rng.random(recipe.batch) < (recipe.late_repeats if late else recipe.repeats)):
            length = int(rng.integers(SHORTEST_REPEAT, size // 2))
            rows[row] = np.resize(rng.integers(0, len(self.corpus.ids), length), size + 1)
            targets[row] = rows[row, 1:]
            targets[row, : length - 1] = IGNORED  # nothing can be known about the first copy
        return rows[:, :-1], targets
