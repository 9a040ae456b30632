"""The job that decodes texts, of one model or of several in turns, and what it has made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.limits import MANY_MB
from pages.common import cache

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.lane import Lane
    from model_utils.jobs import Job
    from model_utils.models.loading import LoadedModel

    Steps = Generator[tuple[Any, ...], None, None]  # of the lanes, or of the sentences of a beam search
    Event = tuple[int, tuple[Any, ...]]  # the number of the part, the steps that its lanes or sentences took

# Prompts of so many tokens in all are read about as soon with a core less.
SHORT = 32

# Steps between two times that freed memory goes back to the system, where it is much.
TIDY = 10


def decode_job(
    parts: Sequence[tuple[LoadedModel, Sequence[Lane]]], max_new_tokens: int, stop_after: int | None = None
) -> Job[None]:
    """Return the job that decodes the lanes of each model, a step of each in turn, once it is its turn.

    Its events are of the type Event. It stops after `stop_after` steps as if somebody had asked. Raises InputError when it
    cannot start.
    """
    from model_utils.generate.decode import decode

    def decoders() -> list[Steps]:
        return [decode(loaded, lanes, max_new_tokens, prefix_cache=loaded.prefix_cache) for loaded, lanes in parts]

    return _job(decoders, parts, max_new_tokens, stop_after, drawn_tokens)


def beam_job(
    loaded: LoadedModel,
    lanes: Sequence[Lane],
    beams: BeamSettings,
    max_new_tokens: int,
    stop_after: int | None = None,
) -> Job[None]:
    """Return the job that searches beams for each of `lanes`, a sentence each, once it is its turn.

    Its events are (0, the steps of the sentences that go on). Else it is as `decode_job`; of a discarded one the number of
    its steps is kept.
    """
    from model_utils.generate.beam_search.beams import beam_rows, beam_search

    def decoders() -> list[Steps]:
        return [beam_search(loaded, lanes, beams, max_new_tokens)]

    return _job(decoders, [(loaded, beam_rows(lanes, beams))], max_new_tokens, stop_after, len)


def _job(
    make_decoders: Callable[[], list[Steps]],
    parts: Sequence[tuple[LoadedModel, Sequence[Lane]]],
    max_new_tokens: int,
    stop_after: int | None,
    digest: Callable[[list[Any]], Any],
) -> Job[None]:
    """Return the job that takes a step of each decoder in turn; `parts` are the rows that each of them computes."""
    from model_utils.generate.decode import leave_a_core
    from model_utils.generate.needs import decoding_needs
    from model_utils.generate.plan import check_cache, make_plan
    from model_utils.models.attention import interruptible
    from model_utils.models.memory import give_back

    for loaded, lanes in parts:
        make_plan(loaded, lanes, max_new_tokens)  # says now what does not fit; a run that waits holds no plan
    check_cache(parts, max_new_tokens)
    needs = decoding_needs(parts, max_new_tokens)
    prompts = {(part, lane.prompt, lane.policy) for part, (_, lanes) in enumerate(parts) for lane in lanes}
    short, many = sum(len(prompt) for _, prompt, _ in prompts) <= SHORT, needs.megabytes > MANY_MB

    def work(job: Job[None]) -> None:
        with ExitStack() as opened:  # they hold the keys and values of all rows, as long as they might go on
            opened.enter_context(interruptible(job.check_stop))
            if many:
                opened.callback(give_back)
            decoders = [opened.enter_context(closing(decoder)) for decoder in make_decoders()]
            for number in range(1, max_new_tokens + 1):
                if short or number > 1:
                    leave_a_core()  # reading long prompts takes seconds and wants them all
                if number - 1 == stop_after:
                    job.cancel()
                advanced = [_advance(job, part, decoder) for part, decoder in enumerate(decoders)]
                if not any(advanced):
                    return
                job.report(number, max_new_tokens)
                if many and number % TIDY == 0:
                    give_back()

    return cache.JOBS.start(work, needs, name="generate", digest=digest)


def _advance(job: Job[None], part: int, decoder: Steps) -> bool:
    """Publish the next step of all lanes of one model and return whether there was one."""
    job.check()
    # The gate is held for one step at a time, so that many readers' texts grow side by side.
    with cache.gate():
        steps = next(decoder, None)
    if steps is None:
        return False
    job.publish((part, steps))
    return True


def published(job: Job[None]) -> list[Event]:
    """Return the events of a job. Where they were given back, the page is drawn anew, which has them made again.

    Raises ReaderError where there is no page, as for a download.
    """
    events = job.events
    if job.discarded:
        st.rerun()
        raise ReaderError("The memory of these texts was given back: reload the page, and they are made again.")
    return events


def drawn_tokens(events: Sequence[Event]) -> dict[tuple[int, int], list[int]]:
    """Return the tokens that each lane of each part has drawn: all that is kept of the events of a discarded job."""
    drawn: dict[tuple[int, int], list[int]] = {}
    for part, steps in events:
        for step in steps:
            drawn.setdefault((part, step.lane), []).append(step.token_id)
    return drawn


def tokens_of(job: Job[None]) -> dict[tuple[int, int], list[int]]:
    """Return the tokens that each lane of each part has drawn, also of a discarded job."""
    events = job.events
    drawn: dict[tuple[int, int], list[int]] = job.digest if job.discarded else drawn_tokens(events)
    return drawn


def stopped_after(job: Job[None], rows: Sequence[Sequence[int]]) -> int | None:
    """Return after how many steps the reader stopped a job whose rows these are; None where nobody did."""
    return max(map(len, rows), default=0) if job.cancelled else None
