"""The filters at work: scores before and after them, and what each cut. Axis letters: B row, V vocabulary.

They are transformers' own classes, in the order of the settings; top-p alone is written anew, faster and equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import transformers

from model_utils.generate.filter_settings import CUTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_utils.generate.filter_settings import Filter, SamplingSettings

_OUT = -float("inf")


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
    tempered = scores if settings.temperature == 1.0 else scores / settings.temperature
    current = scores
    for one in settings.on:
        current = _warper(one, settings)(None, current)
        if one.cuts:
            cut[(current == _OUT) & (cut == 0)] = CUTS.index(one.name)
    return Warped(tempered=tempered, scores=current, cut=cut)


class TopP:
    """transformers' TopPLogitsWarper, some times faster: the fewest best whose mass reaches p, at least one.

    Source: Holtzman et al. 2020, section 3.1.
    """

    def __init__(self, top_p: float) -> None:
        self.top_p = top_p

    def __call__(self, _: None, scores: torch.Tensor) -> torch.Tensor:
        """Return `scores[B, V]`, -inf where cut."""
        # numpy sorts values alone a dozen times faster than torch sorts them with their places, and the values suffice.
        ascending = torch.from_numpy(np.sort(scores.numpy(), axis=-1))  # (B, V)
        out = ascending.softmax(dim=-1).cumsum(dim=-1) <= (1 - self.top_p)
        out[..., -1:] = 0
        first = out.sum(-1, keepdim=True)  # (B, 1): the place of the smallest that stays
        smallest = ascending.gather(-1, first)
        tied = (first > 0) & (ascending.gather(-1, (first - 1).clamp(min=0)) == smallest)
        if tied.any():  # some of several equal scores stay: the places decide which
            order = torch.sort(scores, descending=False)[1]
            return scores.masked_fill(out.scatter(1, order, out), _OUT)
        return scores.masked_fill(scores < smallest, _OUT)


_FASTER = {"TopPLogitsWarper": TopP}


def _warper(one: Filter, settings: SamplingSettings) -> Callable[[None, torch.Tensor], torch.Tensor]:
    """Return what applies a filter with its value: ours where it is faster, else transformers' class."""
    made: Callable[[None, torch.Tensor], torch.Tensor] = (_FASTER.get(one.warper) or getattr(transformers, one.warper))(
        one.value(settings)
    )
    return made
