"""The finished texts of a beam search: which stay, in which order, when the search is over. Axis letters: n beams, K candidates.

Source: `_update_finished_beams`, `_check_early_stop_heuristic` and `_beam_search_has_unfinished_sequences` of transformers 5.23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model_utils.errors import InputError
from model_utils.limits import MAX_BEAMS

# What transformers takes for "worse than anything".
NEVER = -1.0e9

EARLY_STOPPING = {"false": False, "true": True, "never": "never"}


@dataclass(frozen=True, kw_only=True)
class BeamSettings:
    """How beams are searched: how many, how a finished text's sum is divided by its length, when the search stops.

    The score of a hypothesis is its sum / length ** `length_penalty`: above 0 long ones gain. `early_stopping`: `true`
    stops as soon as there are `num_beams` hypotheses, `false` when the best beam, were it to end now, would not be better
    than the worst of them, `never` only when no longer text can be better. Raises InputError for what is outside its bounds.
    """

    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: str = "false"

    def __post_init__(self) -> None:
        if not 1 <= self.num_beams <= MAX_BEAMS:
            raise InputError(f"{self.num_beams} beams do not fit: choose 1 to {MAX_BEAMS} (1 = no beam search).")
        if not -5.0 <= self.length_penalty <= 5.0:
            raise InputError(
                f"Length penalty {self.length_penalty!r} does not fit: choose -5 to 5 (0 = the sum itself)."
            )
        if self.early_stopping not in EARLY_STOPPING:
            raise InputError(
                f"Early stopping {self.early_stopping!r} does not fit: choose {', '.join(EARLY_STOPPING)}."
            )

    @property
    def on(self) -> bool:
        """Return whether there is a beam search at all."""
        return self.num_beams > 1


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
