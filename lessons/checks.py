"""What a lesson says of the model, checked on the model: measures of states of pages, with bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lessons.states import PageState
from model_utils.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.step import Step
    from model_utils.mechanics.trace import HeadTrace
    from model_utils.models.loading import LoadedModel

# So far inside its bounds a value has to lie: the last bits of float32 differ between machines.
SMALLEST_MARGIN = 0.02
# Share of the chances below which two answers are one; float32 differs by some 1e-6 with the order of the sums.
EQUAL = 1e-4


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that a lesson says: a measure of one or two states lies `above` or `below` a bound, by `margin`."""

    measure: str
    states: tuple[PageState, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    above: float | None = None
    below: float | None = None
    margin: float = SMALLEST_MARGIN

    def measured(self, loaded: LoadedModel) -> float | str:
        """Return what the measure finds on `loaded`: a number, or without bounds what is wrong, empty where nothing is."""
        return MEASURES[self.measure].run(loaded, *self.states, **self.options)

    def failure(self, loaded: LoadedModel) -> str:
        """Return why this does not hold on `loaded`, in a sentence; empty where it does."""
        try:
            found = self.measured(loaded)
        except (InputError, IndexError, ValueError) as error:
            return f"{self.measure} cannot be measured: {error}"
        if isinstance(found, str):
            return found
        if self.above is not None and not found >= self.above + self.margin:
            return f"{self.measure} is {found:.4g}, and should be above {self.above:g} by {self.margin:g}"
        if self.below is not None and not found <= self.below - self.margin:
            return f"{self.measure} is {found:.4g}, and should be below {self.below:g} by {self.margin:g}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What can be measured: `run(model, *states, **options)` gives a number, or, without bounds, what is wrong or nothing."""

    help: str
    run: Callable[..., float | str]
    states: int = 1
    options: tuple[str, ...] = ()
    bounded: bool = True


def next_word(loaded: LoadedModel, state: PageState) -> NDArray[np.float64]:
    """Return the probabilities `[V]` of the next word of the sentence in view, under the state's mask."""
    from model_utils.experiments import ablation

    batch = state.batch(loaded)
    return ablation.next_word(loaded, batch, state.spec(batch))


def _top_word(loaded: LoadedModel, state: PageState, **wanted: str) -> str:
    from model_utils.models.next_word import top_tokens

    probabilities = next_word(loaded, state)
    first, second = top_tokens(probabilities, 2)
    word = loaded.tokenizer.decode([int(first)])
    if word != wanted["is"]:
        return f"the likeliest next word is {word!r}, not {wanted['is']!r}"
    lead = float(probabilities[first] - probabilities[second])
    return "" if lead >= SMALLEST_MARGIN else f"{word!r} leads by {lead:.3f} only"


def _chance(loaded: LoadedModel, state: PageState, *, of: str) -> float:
    ids = loaded.tokenizer.encode(of)
    if len(ids) != 1:
        raise InputError(f"{of!r} is {len(ids)} tokens, and a chance is that of one")
    return float(next_word(loaded, state)[ids[0]])


def _entropy(loaded: LoadedModel, state: PageState) -> float:
    from model_utils.distributions import entropy_bits

    return float(entropy_bits(next_word(loaded, state)))


def _moved(loaded: LoadedModel, one: PageState, other: PageState) -> float:
    from model_utils.distributions import total_variation

    return float(total_variation(next_word(loaded, one), next_word(loaded, other)))


def _equal(loaded: LoadedModel, one: PageState, other: PageState) -> str:
    moved = _moved(loaded, one, other)
    return "" if moved < EQUAL else f"the two states differ by {moved:.4g} in total variation"


def _surprise(loaded: LoadedModel, state: PageState, *, token: str) -> float:
    """Return the surprise of one token in bits, or their mean for the token `mean`."""
    from model_utils.experiments.pattern_runs import run

    batch = state.batch(loaded)
    bits = run(loaded, batch, state.spec(batch)).bits
    return float(np.nanmean(bits) if token == "mean" else bits[int(token)])


def trace(loaded: LoadedModel, state: PageState) -> tuple[HeadTrace, int, int]:
    """Return what the head of the state computed, and the columns of its query and key."""
    from model_utils.masks.mask import build_mask
    from model_utils.mechanics.trace import record

    batch = state.batch(loaded)
    spec = state.spec(batch)
    where = {name: state.value(name, 0) for name in ("layer", "head")}
    head = record(loaded, batch, build_mask(spec, batch), sentence=spec.sentence, **where)
    count, first = len(batch.tokens[spec.sentence]), batch.first(spec.sentence)
    query, key = (first + state.value(name, default) % count for name, default in (("query", -1), ("key", 0)))
    return head, query, key


def _weight(loaded: LoadedModel, state: PageState) -> float:
    head, query, key = trace(loaded, state)
    return float(head.weights[query, key])


def _row_sum(loaded: LoadedModel, state: PageState, *, way: Any) -> float:
    from model_utils.mechanics.wrong_masks import weight_shares

    head, query, _ = trace(loaded, state)
    return float(weight_shares(head, way).total[query])


def _changed_rows(loaded: LoadedModel, one: PageState, other: PageState) -> float:
    """Return in how many rows of the head two sentences of equally many tokens differ."""
    rows = [trace(loaded, state)[0].weights for state in (one, other)]
    return float((np.abs(rows[0] - rows[1]).max(-1) > EQUAL).sum())


def _attention(loaded: LoadedModel, state: PageState, *, token: str) -> float:
    """Return the weight of one token in the last row, mean over all heads of all layers."""
    from model_utils.masks.mask import build_mask
    from model_utils.models.forward import attention_maps

    batch = state.batch(loaded)
    maps = attention_maps(loaded, batch, build_mask(state.spec(batch), batch))[state.sentence]
    weights = maps.weights.astype(np.float64)
    return float(weights[:, :, batch.last(state.sentence), batch.first(state.sentence) + int(token)].mean())


def _in_batch(loaded: LoadedModel, state: PageState, *, way: str) -> float:
    """Return the total variation between the sentence alone and in its batch, given what `way` says."""
    from model_utils.experiments.batch_invariance import measure

    found = measure(loaded, state.batch(loaded), range(state.sentence, state.sentence + 1))[0].in_batch
    if way not in found:
        raise InputError(f"{way!r} is no way: {', '.join(found)}")
    return found[way].total_variation


def _last_column(loaded: LoadedModel, state: PageState) -> float:
    """Return the total variation between the last real token and the last column."""
    from model_utils.experiments.batch_invariance import readings

    rows = range(state.sentence, state.sentence + 1)
    return readings(loaded, state.batch(loaded), rows)[0].last_column.total_variation


def distribution(loaded: LoadedModel, state: PageState) -> Any:
    """Return the next step of the sentence in view with the state's filters: its whole distribution."""
    from model_utils.generate.filters.full_distribution import full_distribution

    ids = [token.id for token in state.batch(loaded).tokens[state.sentence]]
    return full_distribution(loaded, ids, state.sampling())


def _kept_words(loaded: LoadedModel, state: PageState) -> float:
    return float((distribution(loaded, state).after > 0).sum())


def _kept_share(loaded: LoadedModel, state: PageState) -> float:
    step = distribution(loaded, state)
    return float(step.before[step.after > 0].sum(dtype=np.float64))


def _draw_entropy(loaded: LoadedModel, state: PageState) -> float:
    from model_utils.distributions import entropy_bits

    return float(entropy_bits(distribution(loaded, state).after))


def _came(loaded: LoadedModel, state: PageState, *, draws: str) -> float:
    """Return how often the likeliest word comes in so many draws of the step."""
    from model_utils.generate.filters.full_distribution import draw_many

    step = distribution(loaded, state)
    return float(draw_many(step, number=0, draws=int(draws))[int(step.before.argmax())])


def texts(loaded: LoadedModel, state: PageState, samples: int = 1) -> list[list[Step]]:
    """Return the steps of the text that Generate writes, or of all texts of Compare, the `samples` of a row together."""
    from model_utils.compare.settings import parse

    prompt = tuple(token.id for token in state.batch(loaded).tokens[state.sentence])
    seed = state.value("seed", 0)
    rows = parse(state.parameters["settings"]) if "settings" in state.parameters else ()
    if any(row.beams.on for row in rows):
        raise InputError("A check runs no beam search: open it on Compare, and check what is drawn.")
    settings = tuple(row.seeded(seed) for row in rows) or (state.sampling(),)
    return _written(loaded, prompt, settings, samples, state.value("max_new_tokens", 40))


@lru_cache(maxsize=8)  # several checks of a step, and the sheet for teachers, ask for the same texts
def _written(
    loaded: LoadedModel, prompt: tuple[int, ...], settings: tuple[SamplingSettings, ...], samples: int, new: int
) -> list[list[Step]]:
    from model_utils.generate.decode import decode
    from model_utils.generate.lane import Lane

    lanes = [Lane(prompt=prompt, settings=one, sample=sample) for one in settings for sample in range(samples)]
    found: list[list[Step]] = [[] for _ in lanes]
    for steps in decode(loaded, lanes, new):
        for step in steps:
            found[step.lane].append(step)
    return found


def _repetition(loaded: LoadedModel, state: PageState) -> float:
    from model_utils.compare.text_metrics import measure

    return measure(texts(loaded, state)[0])["rep_4"]


def _forks(loaded: LoadedModel, state: PageState, *, row: str) -> float:
    """Return at which step, counted from 1, the text of a row of settings leaves that of row 0."""
    from model_utils.compare.first_difference import first_difference

    rows = texts(loaded, state)
    found = first_difference(rows[int(row)], rows[0])
    return float("inf") if found is None else found.number + 1.0


MEASURES = {
    "top_word": Measure(help="the likeliest next word", run=_top_word, options=("is",), bounded=False),
    "chance": Measure(help="the chance of one next word, 0 to 1", run=_chance, options=("of",)),
    "entropy": Measure(help="the uncertainty of the next word, in bits", run=_entropy),
    "moved": Measure(help="the total variation between two states, 0 to 1", run=_moved, states=2),
    "equal": Measure(help="two states give the same answer", run=_equal, states=2, bounded=False),
    "surprise": Measure(help="the surprise of a token in bits, or `mean`", run=_surprise, options=("token",)),
    "weight": Measure(help="the weight of a cell of a head, by layer, head, query, key", run=_weight),
    "attention": Measure(
        help="the weight of a token in the last row, mean of all heads", run=_attention, options=("token",)
    ),
    "changed_rows": Measure(help="rows of a head that differ between two sentences", run=_changed_rows, states=2),
    "row_sum": Measure(help="a row's sum when the mask is applied in a way", run=_row_sum, options=("way",)),
    "in_batch": Measure(help="the change by the batch, given what `way` says", run=_in_batch, options=("way",)),
    "last_column": Measure(help="the change when the next word is predicted at the last column", run=_last_column),
    "kept_words": Measure(help="words that the filters leave", run=_kept_words),
    "kept_share": Measure(help="the share of the probability that the filters leave", run=_kept_share),
    "draw_entropy": Measure(help="the uncertainty of the draw behind the filters, in bits", run=_draw_entropy),
    "came": Measure(help="how often the likeliest word comes in `draws` draws", run=_came, options=("draws",)),
    "repetition": Measure(help="the share of repeated groups of four tokens", run=_repetition),
    "forks": Measure(help="the step at which `row` leaves row 0 of Compare", run=_forks, options=("row",)),
}
