"""The job that decodes texts, of one model or of several in turns, and what it has made."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from model_utils.errors import ReaderError
from model_utils.limits import MANY_MB
from pages.common.caches import cache, cache_texts

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.lane import Lane
    from model_utils.jobs import Job
    from model_utils.models.loading import LoadedModel
    from pages.common.caches.cache_texts import Recording

    Steps = Generator[tuple[Any, ...], None, None]  # of the lanes, or of the sentences of a beam search
    Event = tuple[int, tuple[Any, ...]]  # the number of the part, the steps that its lanes or sentences took

# Prompts of so many tokens in all are read about as soon with a core less.
SHORT = 32

# Seconds that a page waits for texts that are on record, so that it is drawn once.
AT_ONCE = 0.5

# Steps between two times that freed memory goes back to the system, where it is much.
TIDY = 10


class Part(NamedTuple):
    """What one decoder makes: the lanes of a model, drawn, or with beams searched, a lane a sentence."""

    loaded: LoadedModel
    lanes: Sequence[Lane]
    beams: BeamSettings | None = None


def decode_job(
    parts: Sequence[
        tuple[LoadedModel, Sequence[Lane]] | tuple[LoadedModel, Sequence[Lane], BeamSettings | None] | Part
    ],
    max_new_tokens: int,
    stop_after: int | None = None,
) -> Job[None]:
    """Return the job that makes the texts of each part, a step of each part in turn, once it is its turn.

    Its events are of the type Event. It stops after `stop_after` steps as if somebody had asked. Raises InputError when it
    cannot start.
    """
    from model_utils.generate.needs import decoding_needs

    made = [Part(*part) for part in parts]
    rows = [(part.loaded, part.lanes if part.beams is None else _beam_rows(part.lanes, part.beams)) for part in made]
    records = []
    for part, its_rows in zip(made, rows, strict=True):
        size = 1e6 * decoding_needs([its_rows], max_new_tokens).made_megabytes
        key = (part.loaded.entry, tuple(part.lanes), part.beams, max_new_tokens)
        records.append((cache_texts.recording(key, max_new_tokens, size), part))
    return _job(records, rows, max_new_tokens, stop_after)


def _beam_rows(lanes: Sequence[Lane], beams: BeamSettings) -> list[Lane]:
    from model_utils.generate.beam_search.beams import beam_rows

    return beam_rows(lanes, beams)


def _decoder(part: Part, max_new_tokens: int) -> Steps:
    from model_utils.generate.beam_search.beams import beam_search
    from model_utils.generate.decode import decode

    if part.beams is not None:
        return beam_search(part.loaded, part.lanes, part.beams, max_new_tokens)
    return decode(part.loaded, part.lanes, max_new_tokens, prefix_cache=part.loaded.prefix_cache)


def _job(
    records: Sequence[tuple[Recording, Part]],
    parts: Sequence[tuple[LoadedModel, Sequence[Lane]]],
    max_new_tokens: int,
    stop_after: int | None,
) -> Job[None]:
    """Return the job that takes a step of each part in turn; `parts` are the rows that each of them computes.

    Where all is on record, it ends at once.
    """
    from model_utils.generate.needs import decoding_needs
    from model_utils.generate.plan import check_cache, make_plan
    from model_utils.job_queue import Needs

    for loaded, lanes in parts:
        make_plan(loaded, lanes, max_new_tokens)  # says now what does not fit; a run that waits holds no plan
    check_cache(parts, max_new_tokens)
    needs, known = decoding_needs(parts, max_new_tokens), all(record.complete for record, _ in records)
    if known:
        needs = Needs(operations=0, megabytes=needs.made_megabytes, made_megabytes=needs.made_megabytes)
    prompts = {(part, lane.prompt, lane.policy) for part, (_, lanes) in enumerate(parts) for lane in lanes}
    short, many = sum(len(prompt) for _, prompt, _ in prompts) <= SHORT, needs.megabytes > MANY_MB

    work = partial(_work, records=records, short=short, many=many, max_new_tokens=max_new_tokens, stop_after=stop_after)
    job = cache.JOBS.start(work, needs, name="generate", digest=drawn_tokens)
    if known:
        job.wait(AT_ONCE)
    return job


def _work(
    job: Job[None],
    *,
    records: Sequence[tuple[Recording, Part]],
    short: bool,
    many: bool,
    max_new_tokens: int,
    stop_after: int | None,
) -> None:
    """Publish a step of each part in turn; `short` prompts leave a core from the first on, `many` MB are given back."""
    from model_utils.generate.decode import leave_a_core
    from model_utils.models.attention import interruptible
    from model_utils.models.memory import give_back

    with ExitStack() as opened:  # they hold the keys and values of all rows, as long as they might go on
        opened.enter_context(interruptible(job.check_stop))
        if many:
            opened.callback(give_back)
        decoders = [
            opened.enter_context(closing(record.read(partial(_decoder, part, max_new_tokens), job.check_stop)))
            for record, part in records
        ]
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


def _advance(job: Job[None], part: int, decoder: Steps) -> bool:
    """Publish the next step of all lanes of one model and return whether there was one."""
    job.check()
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
    """Return the tokens that each lane of each part has so far: all that is kept of the events of a discarded job.

    Of a beam search they are those of the text that leads.
    """
    from model_utils.generate.beam_search.beams import BeamStep

    drawn: dict[tuple[int, int], list[int]] = {}
    for part, steps in events:
        for step in steps:
            if isinstance(step, BeamStep):
                drawn[part, step.sentence] = list(step.leading)
            else:
                drawn.setdefault((part, step.lane), []).append(step.token_id)
    return drawn


def tokens_of(job: Job[None]) -> dict[tuple[int, int], list[int]]:
    """Return the tokens that each lane of each part has so far, also of a discarded job."""
    events = job.events
    drawn: dict[tuple[int, int], list[int]] = job.digest if job.discarded else drawn_tokens(events)
    return drawn


def stopped_after(job: Job[None], rows: Sequence[Sequence[int]]) -> int | None:
    """Return after how many steps the reader stopped a job whose rows these are; None where nobody did."""
    return max(map(len, rows), default=0) if job.cancelled else None
