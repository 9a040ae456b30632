"""Processors and filters at work: scores before and after them, and what each cut. Axis letters: B row, V vocabulary.

They are transformers' own classes, in the order of the settings; top-p alone is written anew, faster and equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers

from model_utils.generate.filters.filter_settings import CUTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.filters.one_filter import Filter
    from model_utils.generate.text_so_far import TextSoFar

_OUT = -float("inf")


@dataclass(frozen=True, kw_only=True, eq=False)
class Warped:
    """Scores before and after the filters, all `[B, V]`.

    `shifted` are the scores of all tokens after each of what cuts none, by its name, in their order: repetition penalty and
    temperature (no temperature when greedy). `tempered` are those after the last, the model's own where there is none. `scores`
    are -inf where a filter cut, `cut` tells which filter did, as its place in CUTS.
    """

    shifted: dict[str, torch.Tensor]
    tempered: torch.Tensor
    scores: torch.Tensor
    cut: torch.Tensor


def warp(scores: torch.Tensor, settings: SamplingSettings, texts: Sequence[TextSoFar] = ()) -> Warped:
    """Return `scores[B, V]` (the model's logits, float32) after processors and filters, with what each cut.

    `texts` are the rows' texts so far; they may be left out where no processor is on.
    """
    current, cut = _after(settings.acting, scores, settings, texts)
    shifted = _shifted(scores, settings, texts)
    if settings.greedy:
        best = current.argmax(-1, keepdim=True)
        others = torch.ones_like(cut, dtype=torch.bool).scatter_(1, best, value=False)
        current = current.masked_fill(others, _OUT)
        cut[others & (cut == 0)] = CUTS.index("greedy")
    return Warped(shifted=shifted, tempered=[scores, *shifted.values()][-1], scores=current, cut=cut)


def _shifted(scores: torch.Tensor, settings: SamplingSettings, texts: Sequence[TextSoFar]) -> dict[str, torch.Tensor]:
    """Return `scores[B, V]` after each of those that cut no token, one after another, by their names in their order."""
    found = {}
    for one in settings.shifting:
        found[one.name] = scores = _applied(one, settings, texts, scores)
    return found


def probabilities(scores: torch.Tensor) -> torch.Tensor:
    """Return the softmax of `scores[..., V]` in float32, whose sum over a whole vocabulary is 1.

    torch adds the exponentials up in float32, which leaves a sum of 50,257 of them wrong in the fifth digit.
    """
    shares = scores.softmax(-1)
    return shares / shares.sum(-1, keepdim=True, dtype=torch.float64).to(shares.dtype)


def process(
    scores: torch.Tensor, settings: SamplingSettings, texts: Sequence[TextSoFar]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `scores[B, V]` after the processors alone, and which of them banned each token, as its place in CUTS."""
    return _after(settings.processors, scores, settings, texts)


def _after(
    filters: Iterable[Filter], scores: torch.Tensor, settings: SamplingSettings, texts: Sequence[TextSoFar]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `scores[B, V]` after `filters`, one after another, and which of them cut each token, as its place in CUTS."""
    cut = torch.zeros_like(scores, dtype=torch.uint8)  # (B, V)
    for one in filters:
        scores = _applied(one, settings, texts, scores)
        if one.cuts:
            cut[(scores == _OUT) & (cut == 0)] = CUTS.index(one.name)
    return scores, cut


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


def _applied(one: Filter, settings: SamplingSettings, texts: Sequence[TextSoFar], scores: torch.Tensor) -> torch.Tensor:
    """Return `scores[B, V]` after one filter: by our class where it is faster, else by transformers' own.

    A processor sees each row's own text: in a padded batch pads would count as words.
    """
    made: Any = _FASTER.get(one.warper) or getattr(transformers, one.warper)
    if not one.processor:
        after: torch.Tensor = made(*one.given(settings, {}))(None, scores)
        return after
    return torch.cat(
        [
            made(*one.given(settings, text.known))(text.tokens, row[None])
            for row, text in zip(scores, texts, strict=True)
        ]
    )
