"""The job that decodes texts, of one model or of several in turns."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from model_utils.jobs import Job
from pages.common import cache

if TYPE_CHECKING:
    from model_utils.generate.beam_settings import BeamSettings
    from model_utils.generate.lane import Lane
    from model_utils.models.loading import LoadedModel

# Prompts of so many tokens in all are read about as soon with a core less.
SHORT = 32


def decode_job(parts: Sequence[tuple[LoadedModel, Sequence[Lane]]], max_new_tokens: int) -> Job[None]:
    """Return the job, under way, that decodes the lanes of each model: a step of each in turn.

    Its events are (number of the part, the steps that its lanes took). Raises InputError when it cannot start.
    """
    from model_utils.generate.decode import decode
    from model_utils.generate.plan import check_cache

    decoders = [decode(loaded, lanes, max_new_tokens, prefix_cache=loaded.prefix_cache) for loaded, lanes in parts]
    check_cache(parts, max_new_tokens)  # each alone has its room, or decode had said so
    return _job(decoders, parts, max_new_tokens)


def beam_job(loaded: LoadedModel, lanes: Sequence[Lane], beams: BeamSettings, max_new_tokens: int) -> Job[None]:
    """Return the job, under way, that searches beams for each of `lanes`, a sentence each. Its events are (0, the steps).

    Raises InputError when it cannot start.
    """
    from model_utils.generate.beams import beam_search

    return _job([beam_search(loaded, lanes, beams, max_new_tokens)], [(loaded, lanes)], max_new_tokens)


def _job(
    decoders: Sequence[Generator[tuple[Any, ...], None, None]],
    parts: Sequence[tuple[LoadedModel, Sequence[Lane]]],
    max_new_tokens: int,
) -> Job[None]:
    """Return the job, under way, that takes a step of each decoder in turn."""
    from model_utils.generate.decode import leave_a_core

    prompts = {(part, lane.prompt, lane.policy) for part, (_, lanes) in enumerate(parts) for lane in lanes}
    short = sum(len(prompt) for _, prompt, _ in prompts) <= SHORT

    def work(job: Job[None]) -> None:
        with ExitStack() as opened:  # they hold the keys and values of all rows, as long as they might go on
            for decoder in decoders:
                opened.enter_context(closing(decoder))
            for number in range(1, max_new_tokens + 1):
                if short or number > 1:
                    leave_a_core()  # reading long prompts takes seconds and wants them all
                advanced = [_advance(job, part, decoder) for part, decoder in enumerate(decoders)]
                if not any(advanced):
                    return
                job.report(number, max_new_tokens)

    return Job.start(work, name="generate")


def _advance(job: Job[None], part: int, decoder: Generator[tuple[Any, ...], None, None]) -> bool:
    """Publish the next step of all lanes of one model and return whether there was one."""
    job.check()
    # The gate is held for one step at a time, so that many readers' texts grow side by side.
    with cache.gate():
        steps = next(decoder, None)
    if steps is None:
        return False
    job.publish((part, steps))
    return True
