"""The next word over the plane of k and p, exact over the whole vocabulary. Axis letters: K values of k, P of p, V vocabulary.

Held fixed: the step, the temperature, which applies first, top-k before top-p, and no other filter on. Then every pair keeps
the likeliest tokens and no others, so that their number says which; of settings with another filter on, nothing here holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_utils.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Points along each axis of the plane: more than a classroom tells apart, and drawn at once.
POINTS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranked:
    """The probabilities of one step after temperature, likeliest first, with what every cut of the ranking needs; read-only.

    All `[V]`: `ids` the tokens, `mass` the share of the probabilities that the first n have together, `surprise` the sum of
    -p log2 p over them.
    """

    ids: NDArray[np.int64]
    mass: NDArray[np.float64]
    surprise: NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.ids, self.mass, self.surprise):
            array.setflags(write=False)


def rank(logits: ArrayLike, temperature: float = 1.0) -> Ranked:
    """Return the ranking of a step's `logits[V]` at a temperature above 0; equal scores stand in the order of their ids.

    Raises InputError for temperature 0: greedy keeps one word whatever k and p say.
    """
    if temperature <= 0:
        raise InputError("Greedy keeps one token whatever k and p say: there is nothing to map at temperature 0.")
    scores = np.asarray(logits, dtype=np.float64) / temperature  # (V)
    ids = np.argsort(-scores, kind="stable")
    ordered = np.exp(scores[ids] - scores[ids[0]])
    probabilities = ordered / ordered.sum()
    logs = np.log2(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return Ranked(ids=ids, mass=probabilities.cumsum(), surprise=-(probabilities * logs).cumsum())


def kept_tokens(ranked: Ranked, ks: ArrayLike, ps: ArrayLike) -> NDArray[np.int64]:
    """Return `[P, K]` how many tokens top-k and then top-p leave, for every pair; k 0 and p 1 are off.

    Top-p takes the fewest whose mass reaches p of what top-k left (Holtzman et al. 2020, section 3.1; the order and the
    renormalising of transformers' warpers).
    """
    V = len(ranked.mass)
    k, p = np.asarray(ks, dtype=np.int64), np.asarray(ps, dtype=np.float64)[:, None]
    if (k < 0).any() or ((p < 0) | (p > 1)).any():
        raise InputError("The plane goes over k from 0 (off) and p from 0 to 1.")
    k = np.where(k == 0, V, np.minimum(k, V))  # (K)
    wanted = p * ranked.mass[k - 1]  # (P, K)
    reached = np.searchsorted(ranked.mass, wanted, side="left") + 1
    return np.where(p >= 1, k, np.minimum(reached, k))


def kept_mass(ranked: Ranked, kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the probabilities, before any filter, that the first `kept[...]` tokens have together."""
    return np.minimum(ranked.mass[kept - 1], 1.0)


def entropy(ranked: Ranked, kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the entropy in bits of the first `kept[...]` tokens, renormalised.

    With mass M, the probabilities p / M have entropy log2 M - (sum of p log2 p) / M.
    """
    mass = ranked.mass[kept - 1]
    return np.maximum(np.log2(mass) + ranked.surprise[kept - 1] / mass, 0.0)


def drawn_ranks(ranked: Ranked, logits: ArrayLike, temperature: float, noise: ArrayLike) -> NDArray[np.int64]:
    """Return `[V]` which rank (from 0) is drawn when the first n tokens are left, at place n - 1, with the noise fixed.

    The largest score plus Gumbel noise wins (Maddison et al. 2014), so that each further token either takes the lead for
    good or changes nothing: a running maximum over the ranks.
    """
    scores = np.asarray(logits, dtype=np.float64) / temperature
    perturbed = (scores + np.asarray(noise, dtype=np.float64))[ranked.ids]  # (V), likeliest first
    leads = np.maximum.accumulate(perturbed)
    ahead = np.concatenate([[True], leads[1:] > leads[:-1]])
    return np.maximum.accumulate(np.where(ahead, np.arange(len(ahead)), 0))


def equal_k(ranked: Ranked, p: float) -> int:
    """Return the k that leaves the same tokens here as top-p alone."""
    return int(kept_tokens(ranked, [0], [p])[0, 0])


def equal_p(ranked: Ranked, k: int) -> float:
    """Return the largest p that leaves, alone, the same tokens here as top-k: the mass of the first k."""
    return float(kept_mass(ranked, kept_tokens(ranked, [k], [1.0]))[0, 0])


def axis_k(vocabulary: int, points: int = POINTS) -> NDArray[np.int64]:
    """Return values of k from 1 to the vocabulary, evenly spaced in their logarithm, each once."""
    return np.unique(np.geomspace(1, vocabulary, points).round().astype(np.int64))


def axis_p(points: int = POINTS) -> NDArray[np.float64]:
    """Return values of p up to 1, evenly spaced, the last of them off."""
    return np.linspace(0, 1, points + 1)[1:]
