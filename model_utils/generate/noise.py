"""The noise of a draw, and the draw: Gumbel noise named by seed, sample, step and token. Axis letter: V vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Half the spacing of numpy's uniform numbers: keeps log(-log(u)) finite where the generator returns 0.
_SMALLEST = 2.0**-54


def uniforms(seed: int, sample: int, step: int, vocabulary: int) -> NDArray[np.float64]:
    """Return `[V]` numbers in (0, 1): token i's is number i of the Philox stream (Salmon et al. 2011) of these names.

    Seed and sample are the key, the step is the highest word of the counter: no two streams ever meet, and nothing
    depends on the row, on other rows, on threads or on what was drawn before.
    """
    philox = np.random.Philox(key=[seed, sample], counter=[0, 0, 0, step])
    return np.maximum(np.random.Generator(philox).random(vocabulary), _SMALLEST)


class StepNoise:
    """The noise of one step, made once for all lanes that share a seed and a sample: Gumbel, -log(-log(u)), `[V]` each."""

    def __init__(self, step: int, vocabulary: int) -> None:
        self._step, self._vocabulary = step, vocabulary
        self._made: dict[tuple[int, int], NDArray[np.float64]] = {}

    def of(self, seed: int, sample: int) -> NDArray[np.float64]:
        """Return the noise of one sample of a seed, read-only."""
        if (seed, sample) not in self._made:
            noise = gumbel(uniforms(seed, sample, self._step, self._vocabulary))
            noise.setflags(write=False)
            self._made[seed, sample] = noise
        return self._made[seed, sample]


def gumbel(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Gumbel noise `[V]` from uniform numbers in (0, 1): -log(-log(u))."""
    return np.asarray(-np.log(-np.log(uniform)))


def draw(scores: NDArray[np.float32], noise: NDArray[np.float64]) -> tuple[int, float]:
    """Return the token drawn from `scores[V]` (-inf = cut) with Gumbel `noise[V]`, and by how much it won.

    The largest score plus noise is a draw from the softmax of the scores (Gumbel-max trick, Maddison et al. 2014). Equal
    noise under two settings is the same noise. A token without rivals wins by infinity.
    """
    kept = np.flatnonzero(scores > -np.inf)
    perturbed = scores[kept].astype(np.float64) + noise[kept]
    first = int(perturbed.argmax())
    if len(kept) == 1:
        return int(kept[first]), float("inf")
    best = perturbed[first]
    perturbed[first] = -np.inf
    return int(kept[first]), float(best - perturbed.max())
