"""Generations of a session: what was asked for, the job that makes it, what it has made so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model_utils.jobs import Job
from pages.common import cache

if TYPE_CHECKING:
    from model_utils.loading import LoadedModel
    from model_utils.policies import MaskPolicy
    from model_utils.sampling import SamplingSettings
    from model_utils.steps import Step
    from model_utils.tokens import TokenBatch

_KEY = "_run"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a reader asked for; two equal ones give the same texts."""

    model: str
    texts: tuple[str, ...]
    settings: SamplingSettings
    max_new_tokens: int
    policy: MaskPolicy


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A request under way or ended. What it has made stays, also when it was stopped."""

    request: Request
    loaded: LoadedModel
    batch: TokenBatch
    job: Job[None]

    def rows(self) -> list[list[Step]]:
        """Return the steps made so far, one list per sentence of the batch."""
        rows: list[list[Step]] = [[] for _ in self.batch.texts]
        for steps in self.job.events:
            for step in steps:
                rows[step.lane].append(step)
        return rows

    def policy(self, row: int) -> MaskPolicy:
        """Return the mask policy of one row: the hand mask is that of its own sentence alone."""
        return self.request.policy.for_sentence(row)

    def before(self, step: Step) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the tokens before a step: the prompt, and what was drawn so far."""
        drawn = tuple(one.token_id for one in self.rows()[step.lane][: step.number])
        return tuple(token.id for token in self.batch.tokens[step.lane]), drawn

    def label(self, token_id: int) -> str:
        """Return a token's readable text."""
        from model_utils.tokens import token_label

        return token_label(self.loaded.tokenizer, token_id)


def current() -> Run | None:
    """Return this session's latest run, which outlives reruns and page switches; None before the first."""
    return st.session_state.get(_KEY)


def start(request: Request, loaded: LoadedModel, batch: TokenBatch) -> Run:
    """Return a new run, which replaces and stops the session's present one. Raises InputError when it cannot begin."""
    from model_utils.generation import Lane, decode

    lanes = [
        Lane(
            prompt=tuple(token.id for token in row),
            settings=request.settings,
            policy=request.policy.for_sentence(number),
        )
        for number, row in enumerate(batch.tokens)
    ]
    steps = decode(loaded, lanes, request.max_new_tokens)

    def work(job: Job[None]) -> None:
        for number in range(1, request.max_new_tokens + 1):
            job.check()
            # The gate is held for one step at a time, so that many readers' texts grow side by side.
            with cache.gate():
                made: Sequence[Step] | None = next(steps, None)
            if made is None:
                return
            job.publish(made)
            job.report(number, request.max_new_tokens)

    before = current()
    if before is not None:
        before.job.cancel()
    run = Run(request=request, loaded=loaded, batch=batch, job=Job.start(work, name="generate"))
    st.session_state[_KEY] = run
    return run
