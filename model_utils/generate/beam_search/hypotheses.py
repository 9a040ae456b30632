"""The finished texts of a beam search: which stay, in which order, when the search is over. Axis letters: n beams, K candidates.

Source: `_update_finished_beams`, `_check_early_stop_heuristic` and `_beam_search_has_unfinished_sequences` of transformers 5.23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model_utils.generate.beam_search.beam_settings import EARLY_STOPPING, BeamSettings

# What transformers takes for "worse than anything".
NEVER = -1.0e9


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A finished text: its new tokens, the sum of their scores, its score, and the step (from 0) at which it ended."""

    tokens: tuple[int, ...]
    total: float
    normalised: float
    number: int

    def score(self, length_penalty: float) -> float:
        """Return its score under another length penalty."""
        return float(self.total / len(self.tokens) ** length_penalty)


class Hypotheses:
    """The finished texts of one sentence's search so far; `room` is how many new tokens a text may have."""

    def __init__(self, beams: BeamSettings, room: int) -> None:
        n = beams.num_beams
        self._beams, self._room = beams, room
        self._kept: list[Hypothesis | None] = [None] * n
        self._scores = torch.full((n,), NEVER)  # (n): best first
        self._may_improve = True

    @property
    def best(self) -> tuple[Hypothesis, ...]:
        """Return the hypotheses so far, best first."""
        return tuple(one for one in self._kept if one is not None)

    def add(
        self, totals: torch.Tensor, ends: torch.Tensor, texts: Sequence[tuple[int, ...]], number: int
    ) -> tuple[list[int], torch.Tensor]:
        """Put the candidates `[K]` that end at step `number` among the hypotheses; return which came in, and all scores.

        Only the n best candidates may come in, none once there are enough and the search stops at that, and none once
        nothing can be better.
        """
        n = self._beams.num_beams
        full = EARLY_STOPPING[self._beams.early_stopping] is True and None not in self._kept
        normalised = totals / ((number + 1) ** self._beams.length_penalty)  # (K)
        may = ends & (torch.arange(len(ends)) < n)
        scores = normalised + NEVER * full + NEVER * (not self._may_improve) + (~may).float() * NEVER
        merged = torch.cat([self._scores, scores])
        places = torch.topk(merged[None], n)[1][0]
        made = [
            Hypothesis(tokens=text, total=float(total), normalised=float(score), number=number) if one else None
            for one, text, total, score in zip(may, texts, totals, normalised, strict=True)
        ]
        all_of_them = [*self._kept, *made]
        self._kept, self._scores = [all_of_them[at] for at in places.tolist()], merged[places]
        return [at - n for at in places.tolist() if at >= n and made[at - n] is not None], normalised

    def over(self, best_beam: torch.Tensor, ends: torch.Tensor, made: int) -> bool:
        """Return whether the search is over after `made` steps; `best_beam[1]` is the sum of the best that goes on."""
        early, penalty = EARLY_STOPPING[self._beams.early_stopping], self._beams.length_penalty
        longest = self._room if early == "never" and penalty > 0 else made
        possible = best_beam / longest**penalty
        finished = torch.tensor([one is not None for one in self._kept])
        worst = torch.where(finished, self._scores.min(), NEVER)
        self._may_improve = self._may_improve and bool((possible > worst).any())
        return not self._may_improve or (early is True and bool(finished.all())) or bool(ends.all())
