"""Beam search, step by step and recorded, equal to `generate` of transformers. Axis letters: n beams, K candidates, V vocabulary.

A beam is an unfinished text. Each step continues all beams by all tokens, takes the K best by their summed score, and keeps
the n best of those that do not end; those that end become hypotheses when they are among the n best. The sum is of
log-probabilities, after the processors, which are not made to add up to 1 again.

Source: `_beam_search` of transformers 5.23, whose operations these are, on one sentence at a time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import torch

from model_utils.errors import InputError
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.beam_search.hypotheses import NEVER, Hypotheses, Hypothesis
from model_utils.generate.decode import read_columns, read_prompts
from model_utils.generate.filters.apply_filters import process
from model_utils.generate.filters.filter_settings import CUTS
from model_utils.generate.plan import Plan, make_plan
from model_utils.generate.text_so_far import vocabulary

if TYPE_CHECKING:
    from model_utils.generate.lane import Lane
    from model_utils.models.loading import LoadedModel

# What becomes of a candidate: it goes on as a beam, it ends as a hypothesis, it is left behind; or it ends and is lost, for
# it is not among the n best, or no better than the hypotheses there are.
Outcome = Literal["kept", "finished", "dropped", "lost"]


@dataclass(frozen=True, kw_only=True)
class BeamCandidate:
    """One continuation of a beam at one step.

    `beam` is the one that it continues, counted from 0 among the beams before the step; `score` the token's own
    log-probability after the processors, `total` the sum up to here. `slot` is its place among the beams after the step,
    None where it is none. `normalised` is the score of one that ended. `rank` counts from 1 among all continuations;
    `greedy`: always taking the likeliest token leads here.
    """

    beam: int
    token_id: int
    score: float
    chance: float
    total: float
    rank: int
    outcome: Outcome
    slot: int | None = None
    normalised: float | None = None
    greedy: bool = False


@dataclass(frozen=True, kw_only=True)
class Ban:
    """A beam whose likeliest token was banned, and the name of the processor that did."""

    beam: int
    token_id: int
    by: str


@dataclass(frozen=True, kw_only=True)
class BeamStep:
    """What one step of one sentence's search did.

    `candidates` are the K best continuations, best first; behind them the greedy path's, where it is not one of them.
    `texts` are the beams' new tokens after the step, by slot, `totals` their sums. `hypotheses` are those finished so
    far, best first. `bans` are the beams whose likeliest token a processor has banned. `done` tells that the sentence's
    search is over.
    """

    sentence: int
    number: int
    candidates: tuple[BeamCandidate, ...]
    texts: tuple[tuple[int, ...], ...]
    totals: tuple[float, ...]
    hypotheses: tuple[Hypothesis, ...]
    bans: tuple[Ban, ...]
    done: bool

    @property
    def kept(self) -> tuple[BeamCandidate, ...]:
        """Return the candidates that go on as beams, by slot."""
        kept = [one for one in self.candidates if one.slot is not None]
        return tuple(sorted(kept, key=lambda one: one.slot or 0))

    @property
    def leading(self) -> tuple[int, ...]:
        """Return the text that leads after the step: the best finished one once the search is over, until then the best beam."""
        return self.hypotheses[0].tokens if self.done and self.hypotheses else self.texts[0]


def beam_rows(lanes: Sequence[Lane], beams: BeamSettings) -> list[Lane]:
    """Return the rows of the batch in which the sentences of `lanes` are searched: one for each beam."""
    return [lane for lane in lanes for _ in range(beams.num_beams)]


def beam_search(
    loaded: LoadedModel, lanes: Sequence[Lane], beams: BeamSettings, max_new_tokens: int
) -> Generator[tuple[BeamStep, ...], None, None]:
    """Yield after each forward pass one BeamStep for every sentence whose search goes on; a lane is a sentence.

    Of a lane's settings only the processors count. All beams of all sentences are one batch, padded on the left; each
    sentence is searched as if it were alone, and reads under its own policy. Whoever iterates may stop between steps.
    Raises InputError at once for what `decode` refuses, and for tokens taken by hand.
    """
    if any(lane.taken for lane in lanes):
        raise InputError("A beam search cannot go on from a token that was taken by hand: choose 1 beam for that.")
    rows = beam_rows(lanes, beams)
    plan = make_plan(loaded, rows, max_new_tokens)
    if loaded.remote is not None:
        return loaded.remote.stream("beam_search", lanes, beams, max_new_tokens)
    searches = [_Search(loaded, lane, number, beams, max_new_tokens) for number, lane in enumerate(lanes)]
    return _beam_search(loaded, rows, plan, searches)


@torch.inference_mode()
def _advance(search: _Search, logits: torch.Tensor) -> BeamStep:
    return search.advance(logits)


def _beam_search(
    loaded: LoadedModel, rows: Sequence[Lane], plan: Plan, searches: Sequence[_Search]
) -> Generator[tuple[BeamStep, ...], None, None]:
    logits, cache = read_prompts(loaded, rows, plan, loaded.prefix_cache)
    going, number = list(searches), 0
    while True:
        n = len(logits) // len(going)
        steps = [_advance(search, logits[at * n : (at + 1) * n]) for at, search in enumerate(going)]
        yield tuple(steps)
        left = [at for at, step in enumerate(steps) if not step.done]
        if not left:
            return
        # The rows that go on, each a beam's: those of the beams that they continue, without the sentences that are done.
        parents = torch.tensor([at * n + one.beam for at in left for one in steps[at].kept])
        if len(left) < len(going):
            plan = plan.of(torch.tensor([at * n + beam for at in left for beam in range(n)]))
        if parents.tolist() != list(range(len(logits))):
            cache.batch_select_indices(parents)
        going = [going[at] for at in left]
        newest = torch.tensor([[one.token_id] for at in left for one in steps[at].kept])  # (B, 1)
        number += 1
        logits, cache = read_columns(loaded, plan, number, newest, cache)


class _Search:
    """The search of one sentence: its beams and its hypotheses so far."""

    def __init__(
        self, loaded: LoadedModel, lane: Lane, sentence: int, beams: BeamSettings, max_new_tokens: int
    ) -> None:
        self._prompt, self._settings, self._beams, self._sentence = lane.prompt, lane.settings, beams, sentence
        self._known = vocabulary(loaded, lane.settings)
        self._room = min(max_new_tokens, loaded.context - len(lane.prompt))
        n = beams.num_beams
        self._wide = max(2, 1 + len(self._known.ends)) * n  # K: so many that n which do not end are among them
        self._number = 0
        self._texts: list[tuple[int, ...]] = [()] * n
        self._totals = torch.tensor([0.0, *[NEVER] * (n - 1)])  # (n): all beams are the prompt, of which one is enough
        self._hypotheses = Hypotheses(beams, self._room)
        self._greedy: int | None = 0  # the beam that is the greedy path so far

    def advance(self, logits: torch.Tensor) -> BeamStep:
        """Return the step that continues all beams, from the scores `[n, V]` of their next tokens."""
        V = logits.size(-1)
        chances = logits.log_softmax(-1)
        texts = [self._known.so_far(self._prompt, text) for text in self._texts] if self._settings.processors else []
        scores, cut = process(chances, self._settings, texts)  # (n, V)
        sums = scores + self._totals[:, None]
        totals, places = torch.topk(sums.reshape(1, -1), self._wide)
        totals, places = totals[0], places[0]  # (K)
        parents, tokens = (places // V).tolist(), (places % V).tolist()
        last = self._number + 1 == self._room
        ends = torch.tensor([last or token in self._known.ends for token in tokens])  # (K)
        stopped = bool(ends.all())
        running, slots = self._next_beams(totals, ends)
        continued = [(*self._texts[beam], token) for beam, token in zip(parents, tokens, strict=True)]
        entered, normalised = self._hypotheses.add(totals, ends, continued, self._number)
        bans = self._bans(chances, cut)
        candidates = [
            BeamCandidate(
                beam=parents[at],
                token_id=tokens[at],
                score=float(scores[parents[at], tokens[at]]),
                chance=float(chances[parents[at], tokens[at]].exp()),
                total=float(totals[at]),
                rank=at + 1,
                outcome=("finished" if at in entered else "lost") if ends[at] else "kept" if at in slots else "dropped",
                slot=slots.index(at) if at in slots and not stopped else None,
                normalised=float(normalised[at]) if ends[at] else None,
            )
            for at in range(self._wide)
        ]
        candidates = self._mark_greedy(candidates, scores, sums, chances)
        self._texts = [] if stopped else [continued[at] for at in slots]
        self._totals, self._number = running, self._number + 1
        return BeamStep(
            sentence=self._sentence,
            number=self._number - 1,
            candidates=tuple(candidates),
            texts=tuple(self._texts),
            totals=() if stopped else tuple(running.tolist()),
            hypotheses=self._hypotheses.best,
            bans=bans,
            done=self._hypotheses.over(running[:1], ends, self._number),
        )

    def _next_beams(self, totals: torch.Tensor, ends: torch.Tensor) -> tuple[torch.Tensor, list[int]]:
        """Return the sums `[n]` of the beams that go on, and their places among the candidates, by slot."""
        without = totals + ends.float() * NEVER
        slots = torch.topk(without[None], self._beams.num_beams)[1][0]
        return without[slots], slots.tolist()

    def _mark_greedy(
        self, candidates: list[BeamCandidate], scores: torch.Tensor, sums: torch.Tensor, chances: torch.Tensor
    ) -> list[BeamCandidate]:
        """Return the candidates with the one marked that the greedy path goes on by; one that is not among them is added."""
        if self._greedy is None:
            return candidates
        beam = self._greedy
        token = int(scores[beam].argmax())
        for at, one in enumerate(candidates):
            if (one.beam, one.token_id) == (beam, token):
                self._greedy = one.slot
                return [*candidates[:at], replace(one, greedy=True), *candidates[at + 1 :]]
        self._greedy, total = None, sums[beam, token]
        left = BeamCandidate(
            beam=beam,
            token_id=token,
            score=float(scores[beam, token]),
            chance=float(chances[beam, token].exp()),
            total=float(total),
            rank=1 + int((sums > total).sum()),
            outcome="dropped",
            greedy=True,
        )
        return [*candidates, left]

    def _bans(self, chances: torch.Tensor, cut: torch.Tensor) -> tuple[Ban, ...]:
        """Return the beams whose likeliest token is banned; all beams of the first step are one."""
        if not self._settings.processors:
            return ()
        likeliest = chances.argmax(-1).tolist()
        beams = range(self._beams.num_beams if self._number else 1)
        return tuple(
            Ban(beam=beam, token_id=likeliest[beam], by=CUTS[cut[beam, likeliest[beam]]])
            for beam in beams
            if cut[beam, likeliest[beam]]
        )


def finished(steps: Sequence[BeamStep], beams: BeamSettings) -> tuple[Hypothesis, ...]:
    """Return every hypothesis that the search of one sentence finished, also those that better ones pushed out later."""
    texts: tuple[tuple[int, ...], ...] = ((),) * beams.num_beams
    found = []
    for step in steps:
        found += [
            Hypothesis(
                tokens=(*texts[one.beam], one.token_id), total=one.total, normalised=one.normalised, number=step.number
            )
            for one in step.candidates
            if one.normalised is not None and one.rank <= beams.num_beams
        ]
        texts = step.texts
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a search would have come to under other settings: its hypotheses, best first, and after how many steps.

    `steps` is None where it would go on beyond what was recorded: then nobody knows without running it.
    """

    hypotheses: tuple[Hypothesis, ...]
    steps: int | None


def replay(steps: Sequence[BeamStep], beams: BeamSettings, room: int) -> Replay:
    """Return what `generate` would do with `beams`, which differ from those of the recorded search in all but their number.

    Neither the length penalty nor early stopping changes which beams go on: only which hypotheses stay, and when the
    search is over. `room` is how many new tokens a text may have.
    """
    kept = Hypotheses(beams, room)
    texts: tuple[tuple[int, ...], ...] = ((),) * beams.num_beams
    for step in steps:
        best = [one for one in step.candidates if not one.greedy or one.rank <= len(step.candidates)]
        ends = torch.tensor([one.normalised is not None for one in best])
        continued = [(*texts[one.beam], one.token_id) for one in best]
        kept.add(torch.tensor([one.total for one in best]), ends, continued, step.number)
        if kept.over(torch.tensor(step.totals[:1] or (NEVER,)), ends, step.number + 1):
            return Replay(hypotheses=kept.best, steps=step.number + 1)
        texts = step.texts
    return Replay(hypotheses=kept.best, steps=None)
