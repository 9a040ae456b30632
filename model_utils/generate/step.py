"""What one decoding step of one lane saw and drew. Axis letters: n some of the lanes, V vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from model_utils.generate.filters.apply_filters import probabilities, warp
from model_utils.generate.filters.filter_settings import CUTS
from model_utils.generate.noise import StepNoise, draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.generate.filters.apply_filters import Warped
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.text_so_far import TextSoFar

# The likeliest tokens that a Step keeps; beside them the drawn one and the likeliest that each filter cut.
CANDIDATES = 50

# Why a lane goes no further: it drew end-of-text, the model reads no more tokens, it has as many as were asked for.
Stop = Literal["", "end", "context", "length"]


@dataclass(frozen=True, kw_only=True)
class FilterStage:
    """What one filter left: its name, how many tokens, and their share of the probabilities before any filter."""

    filter: str
    kept: int
    mass: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Some tokens of one step, likeliest first, read-only, each array `[n]`.

    `ranks` count from 1. `before` is the probability before what cuts (repetition penalty and temperature have
    had their effect), `after` the one after it.
    `cut` is the place in CUTS of what cut the token; 0 = it was kept.
    """

    ids: NDArray[np.int32]
    ranks: NDArray[np.int32]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    cut: NDArray[np.uint8]

    def __post_init__(self) -> None:
        for array in (self.ids, self.ranks, self.before, self.after, self.cut):
            array.setflags(write=False)

    def at(self, token_id: int) -> int:
        """Return the place of a token among these candidates. Raises IndexError when it is not one of them."""
        return int(np.flatnonzero(self.ids == token_id)[0])

    def joined(self, others: Candidates) -> Candidates:
        """Return these and `others`, none of which is among these, likeliest first."""
        both = {one.name: np.concatenate([getattr(self, one.name), getattr(others, one.name)]) for one in fields(self)}
        order = np.argsort(both["ranks"], kind="stable")
        return Candidates(**{name: values[order] for name, values in both.items()})

    def only(self, token_ids: Collection[int]) -> Candidates:
        """Return those of these tokens."""
        kept = np.isin(self.ids, [*token_ids])
        return Candidates(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})

    def telling(self, token_ids: Collection[int], count: int) -> list[int]:
        """Return the places of `count` candidates that tell most: the top ones, `token_ids`, the first that each filter cut."""
        firsts = [int(np.flatnonzero(self.cut == code)[0]) for code in np.unique(self.cut) if code]
        must = {*np.flatnonzero(np.isin(self.ids, [*token_ids])).tolist(), *firsts}
        top = [place for place in range(len(self.ids)) if place not in must][: max(count - len(must), 0)]
        return sorted([*must, *top])


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """What one step of one lane drew.

    `margin` is by how much it won; below 1e-4 rounding may turn the draw. `instead_of` is the token that had been
    drawn where another was taken by hand.
    """

    lane: int
    number: int
    token_id: int
    stop: Stop
    margin: float
    instead_of: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Step(Drawn):
    """What one step of one lane saw and drew; under 3 kB each, whatever the vocabulary.

    `candidates` are the CANDIDATES likeliest tokens, the drawn one, and the likeliest that each filter cut. `far` are others
    that the step is compared by. Entropies are in bits, before and after the filters. `probability_raw` is the drawn token's
    probability at temperature 1.
    """

    probability_raw: float
    entropy_before: float
    entropy_after: float
    stages: tuple[FilterStage, ...]
    candidates: Candidates
    far: Candidates

    def cut_by(self, token_id: int) -> str:
        """Return the filter that cut a token here, empty when it was kept. Raises KeyError for a token without a record."""
        found = self.candidates_with([token_id]).only([token_id])
        if not len(found.ids):
            raise KeyError(token_id)
        return str(CUTS[found.cut[0]])

    def candidates_with(self, token_ids: Collection[int]) -> Candidates:
        """Return the candidates, and of the others that the step is compared by those among `token_ids`."""
        return self.candidates.joined(self.far.only(token_ids))

    @cached_property
    def drawn(self) -> int:
        """Return the place of the drawn token among the candidates."""
        return self.candidates.at(self.token_id)

    @property
    def probability(self) -> float:
        """Return the drawn token's probability after temperature and before the filters."""
        return float(self.candidates.before[self.drawn])

    @property
    def probability_after(self) -> float:
        """Return the drawn token's probability after the filters."""
        return float(self.candidates.after[self.drawn])

    @property
    def rank(self) -> int:
        """Return the drawn token's place in the order of probabilities, counted from 1."""
        return int(self.candidates.ranks[self.drawn])


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupDraw:
    """What lanes of equal settings drew at one step and from which scores, `[n, V]`: row i is that of `drawn[i]`."""

    settings: SamplingSettings
    logits: torch.Tensor
    warped: Warped
    drawn: list[Drawn]


@torch.inference_mode()
def draw_group(
    logits: torch.Tensor,
    settings: SamplingSettings,
    *,
    lanes: Sequence[int],
    samples: Sequence[int],
    number: int,
    taken: Sequence[int | None] = (),
    step_noise: StepNoise | None = None,
    texts: Sequence[TextSoFar] = (),
) -> GroupDraw:
    """Return what each of `lanes`, all under the same settings, draws at step `number` from its logits `[n, V]`.

    `taken` names for each lane the token that is taken whatever is drawn, None where the draw decides; empty: it does for
    all. `step_noise` keeps the noise of this step for all who share it. `texts` are the lanes' texts so far, where a
    processor looks at them.
    """
    step_noise = StepNoise(number, logits.size(-1)) if step_noise is None else step_noise
    warped = warp(logits, settings, texts)
    drawn = []
    for i, lane in enumerate(lanes):
        token_id, margin = draw(warped.scores[i].numpy(), step_noise.of(settings.seed, samples[i]))
        by_hand = taken[i] if taken else None
        instead_of = token_id if by_hand is not None and by_hand != token_id else None
        token_id = token_id if by_hand is None else by_hand
        drawn.append(Drawn(lane=lane, number=number, token_id=token_id, stop="", margin=margin, instead_of=instead_of))
    return GroupDraw(settings=settings, logits=logits, warped=warped, drawn=drawn)


@torch.inference_mode()
def record(group: GroupDraw, compared: Sequence[Collection[int]] = ()) -> list[Step]:
    """Return the steps of a group's lanes: what each saw and drew.

    `compared` names for each lane the tokens that its step may be compared by: what cut them is recorded.
    """
    settings, warped, logits = group.settings, group.warped, group.logits
    before = probabilities(warped.tempered)  # (n, V)
    after = before if settings.unfiltered else probabilities(warped.scores)  # (n, V)
    model = probabilities(logits) if settings.shifting else before  # (n, V)
    top = torch.topk(warped.tempered, min(CANDIDATES, logits.size(-1)))[1].numpy()  # (n, candidates)
    entropy_before = _entropy(before)  # (n)
    entropy_after = entropy_before if settings.unfiltered else _entropy(after)
    steps = []
    for i, one in enumerate(group.drawn):
        at = (before[i].numpy(), after[i].numpy(), warped.cut[i].numpy())
        ranked_by = warped.tempered[i].numpy()  # probabilities of very cold draws underflow to 0; scores do not
        candidates = _candidates(_telling_ids(at[2], ranked_by, top[i], one.token_id), top[i], *at, ranked_by)
        far = np.setdiff1d([*compared[i]] if compared else [], candidates.ids).astype(np.int64)
        step = Step(
            lane=one.lane,
            number=one.number,
            token_id=one.token_id,
            stop="",
            margin=one.margin,
            instead_of=one.instead_of,
            probability_raw=float(model[i, one.token_id]),
            entropy_before=float(entropy_before[i]),
            entropy_after=float(entropy_after[i]),
            stages=_stages(at[0], at[2], settings),
            candidates=candidates,
            far=_candidates(far, top[i][:0], *at, ranked_by),
        )
        steps.append(step)
    return steps


def _entropy(probabilities: torch.Tensor) -> NDArray[np.float64]:
    """Return `[n]` the entropy of `probabilities[n, V]` in bits: `distributions.entropy_bits`, in half its time."""
    return np.asarray(torch.special.entr(probabilities).sum(-1, dtype=torch.float64).numpy() / np.log(2)) + 0.0


def _stages(before: NDArray[np.float32], cut: NDArray[np.uint8], settings: SamplingSettings) -> tuple[FilterStage, ...]:
    """Return what each filter left, those that cut nothing aside, in their order; greedy is one of its own, the last."""
    kept = np.ones(before.shape, dtype=bool)  # (V)
    stages = []
    for name in settings.cutting:
        kept &= cut != CUTS.index(name)
        mass = float(before[kept].sum(dtype=np.float64))
        stages.append(FilterStage(filter=name, kept=int(kept.sum()), mass=mass))
    return tuple(stages)


def _telling_ids(
    cut: NDArray[np.uint8], scores: NDArray[np.float32], top: NDArray[np.int64], drawn: int
) -> NDArray[np.int64]:
    """Return the tokens of one step that are worth keeping: the `top` ids, the drawn one, the first of each `cut[V]`."""
    firsts = [int(np.where(cut == code, scores, -np.inf).argmax()) for code in np.flatnonzero(np.bincount(cut)) if code]
    return np.concatenate([top, np.setdiff1d([drawn, *firsts], top)])


def _candidates(
    ids: NDArray[np.int64],
    top: NDArray[np.int64],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    cut: NDArray[np.uint8],
    scores: NDArray[np.float32],
) -> Candidates:
    """Return the tokens `ids` of one step's `[V]` arrays; `top` are the likeliest, if they are among them."""
    ids = ids[np.lexsort((ids, -scores[ids]))]
    # Among the top the place is the rank; an extra one lies behind all that are likelier.
    ranks = [
        place if place <= top.size else 1 + int((scores > scores[i]).sum()) for place, i in enumerate(ids, start=1)
    ]
    return Candidates(
        ids=ids.astype(np.int32),
        ranks=np.array(ranks, dtype=np.int32),
        before=before[ids],
        after=after[ids],
        cut=cut[ids],
    )
