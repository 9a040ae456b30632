"""What is measured of whole texts, and what of it grows from setting to setting. Axis letters: S settings, N samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, Literal

import numpy as np

from model_utils.generate.beam_search.beam_text import BeamToken

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from model_utils.generate.step import Step

# 97.5 % quantiles of Student's t with n - 1 degrees of freedom, for n = 2 to 16 values (any table of statistics).
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)

# So many values a mean must be of before its interval is drawn: that of fewer is wider than all that was measured.
FEWEST = 4
# So many samples a point must have before it is said that a measure grows or falls.
ENOUGH = 8


@dataclass(frozen=True, kw_only=True)
class TextMetric:
    """One metric: its name in tables, its title, its unit, and how it is defined, with the source.

    `of_draws`: it is of what words are drawn from, which the text of a beam search has not.
    """

    name: str
    title: str
    unit: str
    caption: str
    of_draws: bool = False


TEXT_METRICS = (
    TextMetric(
        name="entropy",
        title="uncertainty",
        unit="bits per step",
        caption="Entropy of what the token is drawn from, after the filters, mean over the steps (Shannon 1948).",
        of_draws=True,
    ),
    TextMetric(
        name="kept",
        title="tokens left",
        unit="tokens per step",
        caption="How many tokens the filters leave, mean over the steps: the size of the nucleus (Holtzman et al. 2020).",
        of_draws=True,
    ),
    TextMetric(
        name="log_prob",
        title="mean log₂ probability",
        unit="bits per token",
        caption="Mean log₂ of the chance that the model itself, without temperature and filters, gives each token of the text.",
    ),
    TextMetric(
        name="distinct_1",
        title="different tokens",
        unit="% of all",
        caption="Different tokens as a share of all tokens of one text (distinct-1, Li et al. 2016): samples are not compared "
        "with each other. Falls with length: compare texts of one length.",
    ),
    TextMetric(
        name="distinct_2",
        title="different pairs",
        unit="% of all",
        caption="Different pairs of neighbouring tokens as a share of all pairs of one text (distinct-2, after Li et al. 2016).",
    ),
    TextMetric(
        name="rep_4",
        title="repetition",
        unit="% of 4-grams",
        caption="Groups of four tokens (4-grams) that came before in the same text, as a share of all "
        "(seq-rep-4, Welleck et al. 2020).",
    ),
    TextMetric(name="length", title="length", unit="tokens", caption="New tokens, end-of-text included."),
    TextMetric(
        name="ended",
        title="ended by itself",
        unit="%",
        caption="Texts that drew end-of-text before the number of tokens asked for.",
    ),
)
BY_NAME = {measure.name: measure for measure in TEXT_METRICS}


def distinct(ids: Sequence[int], n: int) -> float:
    """Return different n-grams of `ids` as a share of all; NaN for a text without any (Li et al. 2016, section 5)."""
    grams = _grams(ids, n)
    return len(set(grams)) / len(grams) if grams else float("nan")


def repetition(ids: Sequence[int], n: int = 4) -> float:
    """Return the share of n-grams of `ids` that are repeats, 1 - distinct (seq-rep-n, Welleck et al. 2020, section 4)."""
    return 1.0 - distinct(ids, n)


def repeated(ids: Sequence[int], n: int = 4) -> list[bool]:
    """Return for each token whether it is in an n-gram that stood in `ids` before: in one that `repetition` counts."""
    found, seen = [False] * len(ids), set()
    for start, gram in enumerate(_grams(ids, n)):
        if gram in seen:
            found[start : start + n] = [True] * n
        seen.add(gram)
    return found


def _grams(ids: Sequence[int], n: int) -> list[tuple[int, ...]]:
    return [tuple(ids[start : start + n]) for start in range(len(ids) - n + 1)]


def measure(steps: Sequence[Step | BeamToken]) -> dict[str, float]:
    """Return every measure of one text, by the names of TEXT_METRICS; NaN where the text is too short for one.

    A beam search draws nothing: of its text, uncertainty and tokens left are NaN too.
    """
    if not steps:
        return {one.name: float("nan") for one in TEXT_METRICS} | {"length": 0.0, "ended": 0.0}
    ids = [step.token_id for step in steps]
    drawn = [step for step in steps if not isinstance(step, BeamToken)]
    return {
        "entropy": float(np.mean([step.entropy_after for step in drawn])) if drawn else float("nan"),
        "kept": float(np.mean([step.stages[-1].kept for step in drawn])) if drawn else float("nan"),
        "log_prob": float(np.mean([log2(max(step.probability_raw, 1e-45)) for step in steps])),
        "distinct_1": distinct(ids, 1),
        "distinct_2": distinct(ids, 2),
        "rep_4": repetition(ids),
        "length": float(len(ids)),
        "ended": float(steps[-1].stop == "end"),
    }


@dataclass(frozen=True, kw_only=True)
class MetricSpread:
    """A measure over the values of one setting: mean, half the width of its 95 % interval, smallest, largest, how many.

    A value is that of a sample, or of several prompts that of a prompt (see `by_prompt`). `margin` is NaN for a single value,
    which says nothing of its own spread.
    """

    mean: float
    margin: float
    low: float
    high: float
    samples: int

    @property
    def drawn_margin(self) -> float:
        """Return the margin, NaN for fewer than FEWEST values."""
        return self.margin if self.samples >= FEWEST else float("nan")


def spread(values: ArrayLike) -> MetricSpread:
    """Return mean and spread of `values[N]`, NaN left out: the interval is Student's (1908), for at most 16 values."""
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not known.size:
        return MetricSpread(mean=float("nan"), margin=float("nan"), low=float("nan"), high=float("nan"), samples=0)
    margin = float("nan")
    if known.size > 1:
        margin = float(_quantile(known.size) * known.std(ddof=1) / np.sqrt(known.size))
    return MetricSpread(
        mean=float(known.mean()), margin=margin, low=float(known.min()), high=float(known.max()), samples=known.size
    )


def by_prompt(values: Sequence[float], prompts: Sequence[int]) -> NDArray[np.float64]:
    """Return the values of one setting that an interval is taken over: of one prompt all its samples, of several their means.

    Texts of one prompt are alike, so that samples of several prompts are no independent values: each prompt counts as one, by
    the mean of its samples, and the interval over these means holds the spread of both (standard errors clustered by
    question: Miller 2024, Adding Error Bars to Evals, section 2.2).
    """
    given, of = np.asarray(values, dtype=float), np.asarray(prompts)
    different = np.unique(of)
    if len(different) == 1:
        return given
    return np.array([_mean(given[of == prompt]) for prompt in different])


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _quantile(samples: int) -> float:
    return _T[min(samples - 2, len(_T) - 1)]


Trend = Literal["grows", "falls", "stays", "undecided"]


def trend(values: ArrayLike) -> Trend:
    """Return what a measure does from setting to setting, `values[S, N]`: column n is the same sample under each.

    Each sample votes with its rank correlation of value and setting (Kendall's tau-a); where the 95 % interval of the
    mean vote leaves out 0, the measure `grows` or `falls`. `stays`: no sample differs from one setting to
    the next. `undecided`: the interval holds 0, or there are fewer than ENOUGH samples.
    """
    given = np.asarray(values, dtype=float)  # (S, N)
    if given.shape[1] and (given == given[:1]).all():
        return "stays"
    votes = tau(given)
    votes = votes[~np.isnan(votes)]
    if votes.size < ENOUGH:
        return "undecided"
    found = spread(votes)
    if abs(found.mean) <= found.margin:
        return "undecided"
    return "grows" if found.mean > 0 else "falls"


def tau(values: ArrayLike) -> NDArray[np.float64]:
    """Return `[N]` Kendall's tau-a (1938) of each column of `values[S, N]` against its order: 1 = always grows, -1 = falls."""
    given = np.asarray(values, dtype=float)
    S = given.shape[0]
    signs = [np.sign(given[later] - given[earlier]) for earlier in range(S) for later in range(earlier + 1, S)]
    return np.asarray(np.sum(signs, axis=0) / max(len(signs), 1), dtype=np.float64)


def monotone(values: Sequence[float]) -> Trend:
    """Return what exact values do from one to the next; `undecided` where they go both ways."""
    ups = [later > earlier for earlier, later in pairwise(values) if later != earlier]
    if not ups:
        return "stays"
    return "grows" if all(ups) else "falls" if not any(ups) else "undecided"
