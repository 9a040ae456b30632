"""Comparisons: settings side by side on one prompt, the job that decodes them all, what it has made so far."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model_utils.compare.first_difference import FirstDifference, first_difference
from model_utils.compare.settings import SettingsRow, check_samples
from model_utils.tokens.batch import BatchKey
from pages.common import cache
from pages.common.decode_job import decode_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_utils.generate.filter_settings import SamplingSettings
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


@dataclass(eq=False)
class _ReadEvents:
    """The steps of the events of a job that were read so far, so that none is read twice."""

    steps: dict[TextPlace, list[Step]] = field(default_factory=dict)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """A request under way or ended. What it has made stays, also when it was stopped."""

    request: CompareRequest
    loaded: tuple[LoadedModel, ...]
    prompts: tuple[tuple[Token, ...], ...]  # the prompt, with each model's tokenizer
    job: Job[None]
    read: _ReadEvents = field(default_factory=_ReadEvents)

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
        read, samples = self.read, self.request.samples
        with read.lock:  # a download asks from a thread of its own
            if not read.steps:
                read.steps = {place: [] for place in self.places()}
            events = self.job.events
            for model, steps in events[read.count :]:
                for step in steps:
                    place = TextPlace(model=model, row=step.lane // samples, sample=step.lane % samples)
                    read.steps[place].append(step)
            read.count = len(events)
            return {place: list(steps) for place, steps in read.steps.items()}

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
    check_samples(request.samples)
    loaded = tuple(cache.loaded_model(model) for model in request.models)
    prompts = tuple(cache.token_batch(BatchKey(model, (request.text,))).tokens[0] for model in request.models)
    parts = [(one, _lanes(request, prompt)) for one, prompt in zip(loaded, prompts, strict=True)]
    job = decode_job(parts, request.max_new_tokens)
    return Comparison(request=request, loaded=loaded, prompts=prompts, job=job)


def _lanes(request: CompareRequest, prompt: Sequence[Token]) -> list[Lane]:
    from model_utils.generate.lane import Lane

    ids = tuple(token.id for token in prompt)
    return [
        Lane(prompt=ids, settings=request.settings(row), sample=sample)
        for row in range(len(request.rows))
        for sample in range(request.samples)
    ]
