"""From the model's scores to one drawn token: temperature, filters, noise, draw. Axis letters: B row, V vocabulary.

The filters are those of transformers (`TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper`,
`MinPLogitsWarper`) and make the same calls on the same tensors, so that ties fall the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.errors import InputError

if TYPE_CHECKING:
    pass

# The letters of `order`, in the order in which `generate` applies them.
FILTERS = {"t": "temperature", "k": "top-k", "p": "top-p", "m": "min-p"}

# What cut a token, as a code: 0 = nothing, it was kept. "greedy" cuts all but the likeliest when temperature is 0.
CUTS = ("", *FILTERS.values(), "greedy")

# Below this, scores divided by the temperature may leave float32; the difference from greedy has long gone by then.
COLDEST, HOTTEST = 0.01, 100.0

_OUT = -float("inf")


@dataclass(frozen=True, kw_only=True)
class SamplingSettings:
    """How the next token is drawn. Off values: top_k 0, top_p 1, min_p 0; temperature 0 is greedy; top_p 0 keeps one.

    `order` names the filters in the order in which they apply, each letter of FILTERS once. Raises InputError for values
    outside their bounds.
    """

    temperature: float = 1.0
    top_k: int = 50
    top_p: float = 0.95
    min_p: float = 0.0
    order: str = "tkpm"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature != 0.0 and not COLDEST <= self.temperature <= HOTTEST:
            raise InputError(
                f"Temperature {self.temperature!r} does not fit: choose 0 (greedy) or {COLDEST} to {HOTTEST:g}."
            )
        if self.top_k < 0:
            raise InputError(f"Top-k {self.top_k!r} is negative: choose 0 (off) or more.")
        for name, value in (("Top-p", self.top_p), ("Min-p", self.min_p)):
            if not 0.0 <= value <= 1.0:
                raise InputError(f"{name} {value!r} is no share: choose a number from 0 to 1.")
        if sorted(self.order) != sorted(FILTERS):
            raise InputError(f"Order {self.order!r} does not fit: write each of the letters t, k, p, m once.")
        if not 0 <= self.seed < 2**64:
            raise InputError(f"Seed {self.seed!r} does not fit: choose a whole number from 0 up.")

    @property
    def greedy(self) -> bool:
        """Return whether the likeliest token is always taken, so that filters and noise have no effect."""
        return self.temperature == 0.0

    def off(self, letter: str) -> bool:
        """Return whether the filter of this letter of FILTERS is switched off."""
        return {
            "t": self.temperature == 1.0,
            "k": self.top_k == 0,
            "p": self.top_p >= 1.0,
            "m": self.min_p == 0.0,
        }[letter]

    @property
    def unfiltered(self) -> bool:
        """Return whether every token may be drawn."""
        return not self.greedy and all(self.off(letter) for letter in "kpm")


@dataclass(frozen=True, kw_only=True, eq=False)
class Warped:
    """Scores before and after the filters, all `[B, V]`.

    `tempered` are the scores after temperature alone (the raw scores when greedy), `scores` are -inf where a filter cut,
    `cut` tells which filter did, as its place in CUTS.
    """

    tempered: torch.Tensor
    scores: torch.Tensor
    cut: torch.Tensor


def warp(scores: torch.Tensor, settings: SamplingSettings) -> Warped:
    """Return `scores[B, V]` (the model's logits, float32) after temperature and filters, with what each filter cut."""
    cut = torch.zeros_like(scores, dtype=torch.uint8)  # (B, V)
    if settings.greedy:
        best = scores.argmax(-1, keepdim=True)
        cut.fill_(CUTS.index("greedy")).scatter_(1, best, 0)
        return Warped(tempered=scores, scores=scores.masked_fill(cut > 0, _OUT), cut=cut)
    tempered = scores if settings.off("t") else scores / settings.temperature
    current = scores
    for letter in settings.order:
        if settings.off(letter):
            continue
        current = _APPLY[letter](current, settings)
        cut[(current == _OUT) & (cut == 0)] = CUTS.index(FILTERS[letter])
    return Warped(tempered=tempered, scores=current, cut=cut)


def _temperature(scores: torch.Tensor, settings: SamplingSettings) -> torch.Tensor:
    return scores / settings.temperature


def _top_k(scores: torch.Tensor, settings: SamplingSettings) -> torch.Tensor:
    """Keep the k best; those that equal the last of them stay too."""
    last = torch.topk(scores, min(settings.top_k, scores.size(-1)))[0][..., -1, None]  # (B, 1)
    return scores.masked_fill(scores < last, _OUT)


def _top_p(scores: torch.Tensor, settings: SamplingSettings) -> torch.Tensor:
    """Keep the fewest best whose mass reaches p, at least one (Holtzman et al. 2020, section 3.1)."""
    # numpy sorts values alone a dozen times faster than torch sorts them with their places, and the values suffice.
    ascending = torch.from_numpy(np.sort(scores.numpy(), axis=-1))  # (B, V)
    out = ascending.softmax(dim=-1).cumsum(dim=-1) <= (1 - settings.top_p)
    out[..., -1:] = 0
    first = out.sum(-1, keepdim=True)  # (B, 1): the place of the smallest that stays
    smallest = ascending.gather(-1, first)
    tied = (first > 0) & (ascending.gather(-1, (first - 1).clamp(min=0)) == smallest)
    if tied.any():  # some of several equal scores stay: the places decide which
        order = torch.sort(scores, descending=False)[1]
        return scores.masked_fill(out.scatter(1, order, out), _OUT)
    return scores.masked_fill(scores < smallest, _OUT)


def _min_p(scores: torch.Tensor, settings: SamplingSettings) -> torch.Tensor:
    """Keep those with at least `min_p` times the best probability (Nguyen et al. 2024)."""
    probabilities = torch.softmax(scores, dim=-1)
    out = probabilities < settings.min_p * probabilities.amax(dim=-1, keepdim=True)
    out.scatter_(-1, torch.topk(probabilities, 1, dim=-1).indices, False)
    return scores.masked_fill(out, _OUT)


_APPLY = {"t": _temperature, "k": _top_k, "p": _top_p, "m": _min_p}
