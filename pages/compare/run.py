"""Comparisons: settings side by side on one prompt, the job that decodes them all, what it has made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from model_utils.compare.first_difference import FirstDifference, first_difference
from model_utils.compare.settings import SettingsRow, check_samples
from model_utils.tokens.batch import BatchKey
from pages.common import cache
from pages.common.runs.decode_job import decode_job, published, stopped_after, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.lane import Lane
    from model_utils.generate.step import Step
    from model_utils.jobs import Job
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import Token


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """What a reader asked for; two equal ones give the same texts. `models` are one or two registry ids."""

    models: tuple[str, ...]
    text: str
    rows: tuple[SettingsRow, ...]
    samples: int
    seed: int
    own_noise: bool
    max_new_tokens: int

    def settings(self, row: int) -> SamplingSettings:
        """Return how a row draws, seed included: with noise of its own, row n adds n to the seed."""
        return self.rows[row].seeded(self.seed + (row if self.own_noise else 0))


@dataclass(frozen=True, kw_only=True)
class TextPlace:
    """Where a text of a comparison stands: which model, which row of settings, which sample."""

    model: int
    row: int
    sample: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """A request under way or ended. What it has made stays, also when it was stopped.

    `remembered` are the tokens of each text that were drawn before its memory was given back.
    """

    request: CompareRequest
    loaded: tuple[LoadedModel, ...]
    prompts: tuple[tuple[Token, ...], ...]  # the prompt, with each model's tokenizer
    job: Job[None]
    remembered: Mapping[TextPlace, tuple[int, ...]] = field(default_factory=dict)

    def places(self) -> list[TextPlace]:
        """Return where every text stands, the samples of a row together."""
        request = self.request
        return [
            TextPlace(model=model, row=row, sample=sample)
            for row in range(len(request.rows))
            for model in range(len(request.models))
            for sample in range(request.samples)
        ]

    def texts(self) -> dict[TextPlace, list[Step]]:
        """Return the steps made so far of every text."""
        made: dict[tuple[int, int], list[Step]] = {self._lane(place): [] for place in self.places()}
        for model, steps in published(self.job):
            for step in steps:
                made[model, step.lane].append(step)
        return {place: made[self._lane(place)] for place in self.places()}

    def _lane(self, place: TextPlace) -> tuple[int, int]:
        return place.model, place.row * self.request.samples + place.sample

    @property
    def discarded(self) -> bool:
        """Return whether the steps were given back."""
        return self.job.discarded

    def discard(self) -> None:
        """Stop what is under way, and give back the steps."""
        self.job.discard()

    def drawn(self) -> dict[TextPlace, tuple[int, ...]]:
        """Return the tokens that each text has drawn, also where its steps were given back."""
        made = tokens_of(self.job)
        return {
            place: max(tuple(made.get(self._lane(place), ())), self.remembered.get(place, ()), key=len)
            for place in self.places()
        }

    def first_difference(self, texts: dict[TextPlace, list[Step]], place: TextPlace) -> FirstDifference | None:
        """Return where a text leaves the one that it is compared with: the other model's, else that of row 0."""
        if place.model:
            other = TextPlace(model=0, row=place.row, sample=place.sample)
        elif place.row:
            other = TextPlace(model=0, row=0, sample=place.sample)
        else:
            return None
        same = self.request.settings(place.row).seed == self.request.settings(other.row).seed
        return first_difference(texts[place], texts[other], same_noise=same, same_model=not place.model)

    def before(self, texts: dict[TextPlace, list[Step]], place: TextPlace, number: int) -> tuple[int, ...]:
        """Return the tokens that step `number` of a text was drawn after: the prompt, and what was drawn so far."""
        prompt = tuple(token.id for token in self.prompts[place.model])
        return (*prompt, *(step.token_id for step in texts[place][:number]))

    def label(self, token_id: int, model: int = 0) -> str:
        """Return how a token of one of the models reads."""
        from model_utils.tokens.batch import token_label

        return token_label(self.loaded[model].tokenizer, token_id)


def start(request: CompareRequest) -> Comparison:
    """Return the comparison of a request, under way. Raises ReaderError when it cannot start."""
    return _start(request, None)


def resume(comparison: Comparison) -> Comparison:
    """Return a comparison made again, under way, which gives the same texts. Raises as `start` does."""
    drawn = comparison.drawn()
    made = _start(comparison.request, stopped_after(comparison.job, list(drawn.values())))
    return replace(made, remembered=drawn)


def _start(request: CompareRequest, stop_after: int | None) -> Comparison:
    check_samples(request.samples)
    loaded = tuple(cache.loaded_model(model) for model in request.models)
    prompts = tuple(cache.token_batch(BatchKey(model, (request.text,))).tokens[0] for model in request.models)
    parts = [(one, _lanes(request, prompt)) for one, prompt in zip(loaded, prompts, strict=True)]
    job = decode_job(parts, request.max_new_tokens, stop_after)
    return Comparison(request=request, loaded=loaded, prompts=prompts, job=job)


def _lanes(request: CompareRequest, prompt: Sequence[Token]) -> list[Lane]:
    from model_utils.generate.lane import Lane

    ids = tuple(token.id for token in prompt)
    return [
        Lane(prompt=ids, settings=request.settings(row), sample=sample)
        for row in range(len(request.rows))
        for sample in range(request.samples)
    ]
