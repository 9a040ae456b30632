"""Generations: what was asked for, the job that makes it, what it has made so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.tables import steps_table
from model_utils.tokens.batch import BatchKey
from pages.common.caches import cache
from pages.common.caption import Origin
from pages.common.runs.decode_job import decode_job, published, stopped_after, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_utils.generate.beam_search.beams import BeamStep
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.lane import Lane
    from model_utils.generate.mask_policy import MaskPolicy
    from model_utils.generate.step import Step
    from model_utils.jobs import Job
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import Token, TokenBatch


@dataclass(frozen=True, kw_only=True)
class GenerateRequest:
    """What a reader asked for; two equal ones give the same texts."""

    model: str
    texts: tuple[str, ...]
    settings: SamplingSettings
    max_new_tokens: int
    policy: MaskPolicy
    beams: BeamSettings = field(default_factory=BeamSettings)

    @property
    def models(self) -> tuple[str, ...]:
        """Return the registry id of the model."""
        return (self.model,)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Where a text leaves another one: at step `number` of row `row`, with the token `token_id` in the place of the drawn."""

    row: int
    number: int
    token_id: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A request under way or ended. What it has made stays, also when it was stopped. Rows are the sentences of the batch."""

    request: GenerateRequest
    loaded: LoadedModel
    batch: TokenBatch

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.batch.texts)

    def sentence(self, row: int) -> int:
        """Return the sentence that a row continues."""
        return row

    def prompt(self, row: int) -> tuple[Token, ...]:
        """Return the tokens that a row continues."""
        return self.batch.tokens[self.sentence(row)]

    def policy(self, row: int) -> MaskPolicy:
        """Return the mask policy of one row: the hand mask is that of its own sentence alone."""
        return self.request.policy.for_sentence(self.sentence(row))

    def names(self) -> list[str]:
        """Return what readers call the rows: the end of a sentence."""
        from model_utils.tokens.batch import sentence_label

        return [*map(sentence_label, self.batch.texts)]

    def origin(self, row: int) -> Origin:
        """Return what the captions of a row's pictures say."""
        request = self.request
        drawn = not request.beams.on and not request.settings.greedy
        return Origin(
            texts=[self.batch.texts[self.sentence(row)]],
            models=request.models,
            settings=self.settings + (f", seed {request.settings.seed}" if drawn else ""),
            rule=self.rule(row),
        )

    @property
    def settings(self) -> str:
        """Return what the texts are made with, as the rows of Compare are headed; without the seed."""
        from model_utils.compare.settings import SettingsRow, name

        return name(SettingsRow(settings=self.request.settings, beams=self.request.beams))

    def rule(self, row: int) -> str:
        """Return the rule of a row's mask in words; empty where each token reads all before it."""
        from model_utils.masks.explain import rule_in_words

        policy = self.policy(row)
        rule = [] if policy.plain else rule_in_words(policy.spec, self.prompt(row))
        if policy.drop_after is not None:
            rule.append(f"the prompt is dropped after {policy.drop_after} new tokens")
        return "; ".join(rule)

    def label(self, token_id: int) -> str:
        """Return a token's readable text."""
        return self.loaded.label(token_id)


@dataclass(frozen=True, kw_only=True, eq=False)
class BeamRun(Run):
    """A beam search of every sentence."""

    job: Job[None]

    def rows(self) -> list[list[BeamStep]]:
        """Return the steps made so far, one list per sentence."""
        rows: list[list[BeamStep]] = [[] for _ in range(self.count)]
        for _, steps in published(self.job):
            for step in steps:
                rows[step.sentence].append(step)
        return rows

    @property
    def discarded(self) -> bool:
        """Return whether its steps were given back."""
        return self.job.discarded

    def discard(self) -> None:
        """Stop it, and give back its steps."""
        self.job.discard()

    def new_tokens(self) -> list[tuple[int, ...]]:
        """Return the new tokens of each sentence so far: of its best finished text once its search is over, of its best beam."""
        return [steps[-1].leading if steps else () for steps in self.rows()]

    def room(self, row: int) -> int:
        """Return how many new tokens a row may have."""
        return min(self.request.max_new_tokens, self.loaded.context - len(self.prompt(row)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Generation(Run):
    """Texts that are drawn, with their branches.

    Rows are the sentences of the batch, then the branches. `jobs` are (job, its first row), the latest last. `remembered`
    are the tokens of each row that were drawn before its memory was given back.
    """

    jobs: list[tuple[Job[None], int]]
    branches: list[Branch]
    remembered: tuple[tuple[int, ...], ...] = ()

    @property
    def job(self) -> Job[None]:
        """Return the latest job: the one that may still be under way."""
        return self.jobs[-1][0]

    def job_of(self, row: int) -> Job[None]:
        """Return the job that makes a row."""
        return next(job for job, first in reversed(self.jobs) if first <= row)

    def rows(self) -> list[list[Step]]:
        """Return the steps made so far, one list per row."""
        rows: list[list[Step]] = [[] for _ in range(self.count)]
        for job, first in self.jobs:
            for _, steps in published(job):
                for step in steps:
                    rows[first + step.lane].append(replace(step, lane=first + step.lane) if first else step)
        return rows

    @property
    def discarded(self) -> bool:
        """Return whether the steps of some rows were given back."""
        return any(job.discarded for job, _ in self.jobs)

    def discard(self) -> None:
        """Stop what is under way, and give back the steps of all rows."""
        for job, _ in self.jobs:
            job.discard()

    def drawn(self, row: int) -> tuple[int, ...]:
        """Return the tokens that a row has drawn, also where its steps were given back."""
        job, first = next((job, first) for job, first in reversed(self.jobs) if first <= row)
        made, left = tuple(tokens_of(job).get((0, row - first), ())), self.branch(row)
        taken = () if left is None else (*self.drawn(left.row)[: left.number], left.token_id)
        return max(made, taken, *self.remembered[row : row + 1], key=len)

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.batch.texts) + len(self.branches)

    def branch(self, row: int) -> Branch | None:
        """Return the branch that a row is, None for a sentence."""
        return self.branches[row - len(self.batch.texts)] if row >= len(self.batch.texts) else None

    def sentence(self, row: int) -> int:
        """Return the sentence that a row continues."""
        found = self.branch(row)
        return row if found is None else self.sentence(found.row)

    def new_tokens(self) -> list[tuple[int, ...]]:
        """Return the new tokens of each sentence so far."""
        return [self.drawn(row) for row in range(len(self.batch.texts))]

    def names(self) -> list[str]:
        """Return what readers call the rows: the end of a sentence, a branch by its word and step."""
        named = [f"“{self.label(one.token_id)}” at step {one.number + 1}" for one in self.branches]
        return [*super().names(), *named]

    def before(self, step: Step) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the tokens before a step: the prompt, and what was drawn so far."""
        drawn = tuple(one.token_id for one in self.rows()[step.lane][: step.number])
        return tuple(token.id for token in self.prompt(step.lane)), drawn


def start(request: GenerateRequest) -> Generation | BeamRun:
    """Return the run of a request, under way. Raises ReaderError when it cannot start."""
    loaded, batch = cache.loaded_model(request.model), cache.token_batch(BatchKey(request.model, request.texts))
    lanes = [lane_of(request, batch, number) for number in range(len(batch.texts))]
    if request.beams.on:
        search = decode_job([(loaded, lanes, request.beams)], request.max_new_tokens)
        return BeamRun(request=request, loaded=loaded, batch=batch, job=search)
    job = decode_job([(loaded, lanes)], request.max_new_tokens)
    return Generation(request=request, loaded=loaded, batch=batch, jobs=[(job, 0)], branches=[])


def resume(run: Generation | BeamRun) -> Generation | BeamRun:
    """Return `run` made again, under way: all its rows in one batch, which gives the same texts. Raises as `start` does."""
    if isinstance(run, BeamRun):
        lanes = [lane_of(run.request, run.batch, row) for row in range(run.count)]
        made = stopped_after(run.job, list(tokens_of(run.job).values()))
        return replace(run, job=decode_job([(run.loaded, lanes, run.request.beams)], run.request.max_new_tokens, made))
    drawn = tuple(run.drawn(row) for row in range(run.count))
    lanes = []
    for row in range(run.count):
        lane, left = lane_of(run.request, run.batch, run.sentence(row)), run.branch(row)
        lanes.append(lane if left is None else replace(lane, taken=drawn[row][: left.number + 1]))
    job = decode_job([(run.loaded, lanes)], run.request.max_new_tokens, stopped_after(run.job, drawn))
    return replace(run, jobs=[(job, 0)], remembered=drawn)


def branch(run: Generation, row: int, number: int, token_id: int) -> None:
    """Start a new row of `run` that goes like `row` up to step `number` and takes `token_id` there."""
    taken = (*(step.token_id for step in run.rows()[row][:number]), token_id)
    lane = replace(lane_of(run.request, run.batch, run.sentence(row)), taken=taken)
    job = decode_job([(run.loaded, [lane])], run.request.max_new_tokens)
    run.jobs.append((job, run.count))
    run.branches.append(Branch(row=row, number=number, token_id=token_id))


def lane_of(request: GenerateRequest, batch: TokenBatch, sentence: int) -> Lane:
    """Return the lane that continues one sentence of a request."""
    from model_utils.generate.lane import Lane

    prompt = tuple(token.id for token in batch.tokens[sentence])
    return Lane(prompt=prompt, settings=request.settings, policy=request.policy.for_sentence(sentence))


def steps_frame(run: Generation, rows: Iterable[int]) -> pd.DataFrame:
    """Return every step of some rows as a line: what the text was made with, what was drawn, what the filters left."""
    frames, made = [], run.rows()
    for row in rows:
        sentence = run.sentence(row)
        of = {
            "model": run.request.model,
            "sentence": sentence,
            "prompt": run.batch.texts[sentence],
            "settings": run.settings,
            "seed": run.request.settings.seed,
            "mask": run.rule(row),
        }
        steps = steps_table([made[row]], run.label)
        frames.append(pd.concat([pd.DataFrame(of, index=steps.index), steps], axis=1))
    return pd.concat(frames, ignore_index=True)


def step_lines(run: Generation, step: Step) -> str:
    """Return the code that opens one step of a row, with its branch and its mask."""
    from model_utils.snippets.step import step_code

    (prompt, drawn), policy = run.before(step), run.policy(step.lane)
    mask = None if policy.plain else policy.mask(prompt, len(drawn))
    return step_code(run.loaded.entry, (*prompt, *drawn), run.request.settings, number=step.number, mask=mask)
