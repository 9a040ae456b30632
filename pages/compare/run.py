"""Comparisons: settings side by side on one prompt or several, the job that makes all texts, what it has made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from model_utils.compare.first_difference import FirstDifference, first_difference
from model_utils.compare.request import CompareRequest, TextPlace
from model_utils.generate.beam_search.beam_text import BeamToken, leading_text
from model_utils.generate.noise import gumbel, uniforms
from model_utils.tokens.batch import BatchKey
from pages.common.caches import cache
from pages.common.runs.decode_job import decode_job, published, stopped_after, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from model_utils.generate.lane import Lane
    from model_utils.generate.step import Step
    from model_utils.jobs import Job
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import Token

    Texts = dict[TextPlace, Sequence[Step | BeamToken]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """A request under way or ended. What it has made stays, also when it was stopped.

    `remembered` are the tokens that each text had before its memory was given back.
    """

    request: CompareRequest
    loaded: tuple[LoadedModel, ...]
    prompts: tuple[tuple[tuple[Token, ...], ...], ...]  # of each model, every prompt with its tokenizer
    job: Job[None]
    remembered: Mapping[TextPlace, tuple[int, ...]] = field(default_factory=dict)

    def texts(self) -> Texts:
        """Return what has been made so far of every text: steps of what is drawn, the leading text of a beam search."""
        parts = self.request.parts()
        made: dict[TextPlace, list[Any]] = {place: [] for place in self.request.places()}
        for part, steps in published(self.job):
            _, beams, places = parts[part]
            for step in steps:
                made[places[step.lane if beams is None else step.sentence]].append(step)
        for model, beams, places in parts:
            if beams is not None:
                made |= {place: leading_text(made[place], self.loaded[model].end_of_text) for place in places}
        return dict(made)

    def prompt(self, place: TextPlace) -> tuple[Token, ...]:
        """Return the tokens that a text continues."""
        return self.prompts[place.model][place.prompt]

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
        lanes = {
            place: (part, lane)
            for part, (_, _, places) in enumerate(self.request.parts())
            for lane, place in enumerate(places)
        }
        return {
            place: max(tuple(made.get(lanes[place], ())), self.remembered.get(place, ()), key=len)
            for place in self.request.places()
        }

    def compared_with(self, place: TextPlace) -> TextPlace | None:
        """Return the text that one is compared with: the other model's, else that of row 0; None for that of row 0."""
        if place.model:
            return replace(place, model=0)
        if place.row:
            return replace(place, row=0, sample=min(place.sample, self.request.samples_of(0) - 1))
        return None

    def noise(self, place: TextPlace, number: int) -> NDArray[np.float64]:
        """Return the Gumbel noise `[V]` of every token that a text draws with at step `number`, from 0."""
        settings, vocabulary = self.request.settings(place.row), self.loaded[place.model].entry.vocabulary
        return gumbel(uniforms(settings.seed, place.sample, number, vocabulary))

    def first_difference(self, texts: Texts, place: TextPlace) -> FirstDifference | None:
        """Return where a text leaves the one that it is compared with."""
        other = self.compared_with(place)
        if other is None or not (self._settled(texts[place]) and self._settled(texts[other])):
            return None
        same = self.request.settings(place.row).seed == self.request.settings(other.row).seed
        return first_difference(texts[place], texts[other], same_noise=same, same_model=not place.model)

    def _settled(self, steps: Sequence[Step | BeamToken]) -> bool:
        """Return whether what is there of a text stays: until a beam search is over, another text may lead."""
        return self.job.done or not (steps and isinstance(steps[-1], BeamToken)) or bool(steps[-1].stop)

    def before(self, texts: Texts, place: TextPlace, number: int) -> tuple[int, ...]:
        """Return the tokens that step `number` of a text was chosen after: the prompt, and what there was so far."""
        prompt = tuple(token.id for token in self.prompt(place))
        return (*prompt, *(step.token_id for step in texts[place][:number]))

    def label(self, token_id: int, model: int = 0) -> str:
        """Return how a token of one of the models reads."""
        return self.loaded[model].label(token_id)


def start(request: CompareRequest) -> Comparison:
    """Return the comparison of a request, under way. Raises ReaderError when it cannot start."""
    return _start(request, None)


def resume(comparison: Comparison) -> Comparison:
    """Return a comparison made again, under way, which gives the same texts. Raises as `start` does."""
    drawn = comparison.drawn()
    made = _start(comparison.request, stopped_after(comparison.job, list(drawn.values())))
    return replace(made, remembered=drawn)


def _start(request: CompareRequest, stop_after: int | None) -> Comparison:
    loaded = tuple(cache.loaded_model(model) for model in request.models)
    prompts = tuple(cache.token_batch(BatchKey(model, request.texts)).tokens for model in request.models)
    parts = [
        (loaded[model], [_lane(request, prompts, place) for place in places], beams)
        for model, beams, places in request.parts()
    ]
    job = decode_job(parts, request.max_new_tokens, stop_after)
    return Comparison(request=request, loaded=loaded, prompts=prompts, job=job)


def _lane(request: CompareRequest, prompts: Sequence[Sequence[Sequence[Token]]], place: TextPlace) -> Lane:
    from model_utils.generate.lane import Lane

    ids = tuple(token.id for token in prompts[place.model][place.prompt])
    return Lane(prompt=ids, settings=request.settings(place.row), sample=place.sample)
