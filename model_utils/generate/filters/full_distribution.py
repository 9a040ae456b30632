"""One decoding step opened: its whole distribution, computed again. Axis letters: V vocabulary, n some of its ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from model_utils.errors import InputError
from model_utils.generate.filters.apply_filters import probabilities, warp
from model_utils.generate.filters.filter_settings import CUTS
from model_utils.generate.noise import draw, gumbel, uniforms
from model_utils.generate.text_so_far import vocabulary
from model_utils.limits import MAX_DRAWS
from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.text_so_far import TextSoFar
    from model_utils.masks.mask import Mask
    from model_utils.models.loading import LoadedModel

# Points of a rank curve: more than a screen tells apart, spaced evenly on a logarithmic axis.
POINTS = 300


@dataclass(frozen=True, kw_only=True, eq=False)
class FullDistribution:
    """The distribution of one step over the whole vocabulary, `[V]` each, read-only; `settings` made it.

    `model`: the model's own probabilities; `before`: those after repetition penalty and temperature and before what cuts.
    `shifted`: the scores of all tokens after each of what cuts none, by its name, in their order. `scores`: what is drawn from,
    -inf where a filter cut. `cut`: which filter did, as a place in CUTS.
    """

    settings: SamplingSettings
    model: NDArray[np.float32]
    before: NDArray[np.float32]
    shifted: Mapping[str, NDArray[np.float32]]
    scores: NDArray[np.float32]
    cut: NDArray[np.uint8]

    def __post_init__(self) -> None:
        arrays: list[NDArray[Any]] = [self.model, self.before, *self.shifted.values(), self.scores, self.cut]
        for array in arrays:
            array.setflags(write=False)

    @property
    def after(self) -> NDArray[np.float32]:
        """Return the probabilities after the filters, 0 where one cut."""
        return np.asarray(_softmax(self.scores, self.cut == 0), np.float32)


def _softmax(scores: NDArray[np.float32], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the softmax of the `kept` of `scores[V]`, 0 elsewhere.

    Not their probabilities over the sum of these: of those that a banned token leaves at a low temperature, all may be 0.
    """
    shares = np.exp(np.where(kept, scores, -np.inf) - scores[kept].max(), dtype=np.float64)
    return np.asarray(shares / shares.sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """What is left once one filter, a penalty or the temperature has acted: its name, empty for what the model gave.

    `shares[V]` are the probabilities of what is left, 0 for what was cut, `kept` how many tokens. `gone` is the share that
    each filter cut since probabilities last changed: with it the shares sum to 1.
    """

    name: str
    shares: NDArray[np.float64]
    kept: int
    gone: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class FilterEffect:
    """What one filter did to a step: tokens and share of the probabilities of its stage that it removed and left.

    `state` is `off` where its setting switches it off, `no_effect` where it is on and removes nothing, else `works`.
    """

    filter: str
    state: str
    removed: int
    removed_mass: float
    kept: int
    kept_mass: float


def full_distribution(
    loaded: LoadedModel,
    prompt: Sequence[int],
    settings: SamplingSettings,
    mask: Mask | None = None,
    *,
    drawn: Sequence[int] = (),
) -> FullDistribution:
    """Return the step after the tokens of `prompt` and those `drawn` so far, from one forward pass without padding.

    `mask` is a policy's mask of that step; without one every token reads all before it.
    """
    logits = torch.from_numpy(next_logits(loaded, (*prompt, *drawn), mask))[None]
    return distribution(logits, settings, vocabulary(loaded, settings).so_far(prompt, drawn))


def next_logits(loaded: LoadedModel, ids: Sequence[int], mask: Mask | None = None) -> NDArray[np.float32]:
    """Return the model's scores `[V]` of the token after `ids`, read under `mask` where there is one."""
    logits: NDArray[np.float32] = forward(loaded, [ids], mask, logits="last").logits[0, 0].float().numpy()
    return logits


@torch.inference_mode()
def distribution(logits: torch.Tensor, settings: SamplingSettings, text: TextSoFar | None = None) -> FullDistribution:
    """Return the step whose `logits[1, V]` these are; `text` is the one so far, where a processor looks at it."""
    warped = warp(logits, settings, () if text is None else (text,))
    return FullDistribution(
        settings=settings,
        model=probabilities(logits)[0].numpy(),
        before=probabilities(warped.tempered)[0].numpy(),
        shifted={name: scores[0].numpy() for name, scores in warped.shifted.items()},
        scores=warped.scores[0].numpy(),
        cut=warped.cut[0].numpy(),
    )


def stages(step: FullDistribution) -> tuple[Stage, ...]:
    """Return what the model gave, and what each that acts leaves of it, in their order.

    What changes probabilities has what is left as a new whole: softmax runs over that alone.
    """
    kept, shares, gone = np.ones(step.model.shape, dtype=bool), step.model.astype(np.float64), dict[str, float]()
    found = [Stage(name="", shares=shares, kept=kept.size, gone={})]
    for name in (*(one.name for one in step.settings.acting), *["greedy"] * step.settings.greedy):
        if name in step.shifted:
            shares, gone = _softmax(step.shifted[name], kept), {}
        else:
            cut = kept & (step.cut == CUTS.index(name))
            gone = gone | {name: float(shares[cut].sum())}
            kept = kept & ~cut
            shares = np.where(kept, shares, 0.0)
        found.append(Stage(name=name, shares=shares, kept=int(kept.sum()), gone=gone))
    return tuple(found)


def filter_effects(step: FullDistribution) -> tuple[FilterEffect, ...]:
    """Return what each filter did, in their order; removed and kept tokens together are the whole vocabulary."""
    acted = {one.name: one for one in stages(step)}
    latest, found = acted[""], []
    for name in step.settings.cutting:
        stage = acted.get(name, latest)
        removed = latest.kept - stage.kept
        found.append(
            FilterEffect(
                filter=name,
                state="off" if name not in acted else "works" if removed else "no_effect",
                removed=removed,
                removed_mass=stage.gone[name] if name in acted else 0.0,
                kept=stage.kept,
                kept_mass=float(stage.shares.sum()),
            )
        )
        latest = stage
    return tuple(found)


@dataclass(frozen=True, kw_only=True, eq=False)
class RankCurve:
    """Probabilities over ranks, likeliest first: `ranks[n]` from 1, `probabilities[n]` before the filters, `cut[n]` as in CUTS.

    `mass[n]` is the share of the probabilities that all tokens up to that rank have together.
    """

    ranks: NDArray[np.int64]
    ids: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    mass: NDArray[np.float64]
    cut: NDArray[np.uint8]


def rank_curve(step: FullDistribution, points: int = POINTS) -> RankCurve:
    """Return the probabilities over the ranks of all tokens, at `points` ranks evenly spaced in their logarithm, ends included.

    The last token that each filter left and the first that it cut are among them: a cut shows at its true rank.
    """
    order = np.lexsort((np.arange(len(step.before)), -step.before))  # (V)
    spaced = np.geomspace(1, len(order), points).round().astype(np.int64) - 1
    edges = np.flatnonzero(np.diff(step.cut[order])) if len(order) > 1 else np.zeros(0, np.int64)
    places = np.unique(np.concatenate([spaced, edges, edges + 1]))
    mass = np.cumsum(step.before[order], dtype=np.float64)
    return RankCurve(
        ranks=places + 1,
        ids=order[places],
        probabilities=step.before[order[places]].astype(np.float64),
        mass=np.minimum(mass[places], 1.0),
        cut=step.cut[order[places]],
    )


def draw_many(step: FullDistribution, *, number: int, draws: int) -> NDArray[np.int64]:
    """Return how often each token is drawn, `[V]`, when step `number` is drawn by samples 0 to `draws` - 1 of the seed.

    Sample 0 is the draw of the text itself. Raises InputError for more than MAX_DRAWS.
    """
    if not 1 <= draws <= MAX_DRAWS:
        raise InputError(f"{draws} draws do not fit: choose 1 to {MAX_DRAWS}.")
    counts = np.zeros(len(step.scores), np.int64)
    for sample in range(draws):
        noise = uniforms(step.settings.seed, sample, number, len(step.scores))
        counts[draw(step.scores, gumbel(noise))[0]] += 1
    return counts
