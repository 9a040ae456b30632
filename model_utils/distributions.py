"""What pages ask of a distribution over the vocabulary. Axis letter: V vocabulary, always the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def entropy_bits(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return `[...]` the entropy of `probabilities[..., V]` in bits (Shannon 1948, section 6); a probability of 0 adds nothing.

    2 to this power says among how many equal tokens the choice would be as uncertain.
    """
    p = np.asarray(probabilities, dtype=np.float64)  # (..., V)
    logs = np.log2(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(-(p * logs).sum(-1)) + 0.0  # + 0.0 turns -0.0 into 0.0


def total_variation(one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """Return `[...]` half the summed absolute difference of two distributions `[..., V]`: 0 = equal, 1 = disjoint."""
    p, q = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    return np.asarray(np.abs(p - q).sum(-1) / 2)


def nucleus_size(probabilities: ArrayLike, share: float) -> NDArray[np.int64]:
    """Return `[...]` how many of the likeliest tokens of `probabilities[..., V]` it takes to reach `share`; at least 1.

    The smallest set whose mass is at least `share` (Holtzman et al. 2020, section 3.1).
    """
    ordered = -np.sort(-np.asarray(probabilities, dtype=np.float64), axis=-1)  # (..., V)
    reached = ordered.cumsum(-1) < share
    return np.asarray(np.minimum(reached.sum(-1) + 1, ordered.shape[-1]), dtype=np.int64)
