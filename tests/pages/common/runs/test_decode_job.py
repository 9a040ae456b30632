"""The job that decodes the texts of one model or of several."""

from __future__ import annotations

import threading

import pytest

from model_utils.errors import InputError, ReaderError
from model_utils.generate.beam_search.beam_settings import BeamSettings
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.needs import decoding_needs
from model_utils.generate.plan import cache_megabytes
from model_utils.job_queue import JobQueue
from model_utils.jobs import Job
from model_utils.limits import RUNS_SHARE
from model_utils.models.loading import LoadedModel
from pages.common.caches import cache
from pages.common.runs.decode_job import decode_job, published, stopped_after, tokens_of
from tests.tools.sentences import numbers

LANE = Lane(prompt=(11,) * 40, settings=SamplingSettings())


def test_each_model_makes_a_step_in_turn(tiny: LoadedModel) -> None:
    job = decode_job([(tiny, [LANE]), (tiny, [LANE, LANE])], 3)
    assert job.wait(60)
    assert [part for part, _ in job.events] == [0, 1] * 3
    assert [len(steps) for _, steps in job.events] == [1, 2] * 3
    assert job.progress == (3, 3)


def test_two_models_share_one_bound_on_memory(monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel) -> None:
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 1.5 * cache_megabytes(tiny, 1, 100))
    decode_job([(tiny, [LANE])], 60).cancel()
    with pytest.raises(InputError) as refused:
        decode_job([(tiny, [LANE]), (tiny, [LANE])], 60)
    assert numbers(str(refused.value))[:2] == [2, 100]  # texts, tokens of each


def test_a_beam_search_is_stopped_between_steps_and_keeps_what_it_made(tiny: LoadedModel) -> None:
    job = decode_job([(tiny, [LANE, LANE], BeamSettings(num_beams=3))], 200)
    assert job.wait_for_event(60)
    job.cancel()
    assert job.wait(60)
    made = [steps for _, steps in job.events]
    assert 0 < len(made) < 200
    assert [[step.sentence for step in steps] for steps in made] == [[0, 1]] * len(made)


def test_all_beams_share_the_bound_on_memory(monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel) -> None:
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 3.5 * cache_megabytes(tiny, 1, 100))
    decode_job([(tiny, [LANE], BeamSettings(num_beams=3))], 60).cancel()
    with pytest.raises(InputError):
        decode_job([(tiny, [LANE], BeamSettings(num_beams=4))], 60)


def test_a_job_that_is_to_stop_stops_between_the_layers_of_a_pass(tiny: LoadedModel) -> None:
    seen: list[int] = []
    started: list[Job[None]] = []
    ready = threading.Event()

    def enter(number: int) -> None:
        seen.append(number)
        if number == 2:
            assert ready.wait(10)
            started[0].discard()

    # The pass over this prompt alone: the model is shared, and a run of another test may still be under way.
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, given, number=number: (given[0].shape[1] == 41 and enter(number)) or None
        )
        for number, layer in enumerate(tiny.model.transformer.h)
    ]
    try:
        started.append(decode_job([(tiny, [Lane(prompt=(11,) * 41, settings=SamplingSettings())])], 3))
        ready.set()
        assert started[0].wait(60)
    finally:
        for hook in hooks:
            hook.remove()
    assert seen == [0, 1, 2]
    assert started[0].error is None


def test_what_is_left_of_a_discarded_job_are_the_tokens_of_every_lane(tiny: LoadedModel) -> None:
    job = decode_job([(tiny, [LANE]), (tiny, [LANE, LANE])], 3)
    assert job.wait(60)
    tokens = tokens_of(job)
    assert sorted(tokens) == [(0, 0), (1, 0), (1, 1)]
    assert all(len(row) == 3 for row in tokens.values())
    job.discard()
    assert tokens_of(job) == tokens
    with pytest.raises(ReaderError):  # there is no page here that could have them made again
        published(job)


def test_a_job_stops_after_so_many_steps_as_if_it_had_been_asked(tiny: LoadedModel) -> None:
    for steps in (0, 2):
        job = decode_job([(tiny, [LANE])], 5, steps)
        assert job.wait(60)
        assert job.cancelled
        assert len(job.events) == steps
        assert stopped_after(job, [row for _, row in tokens_of(job).items()]) == steps


def test_a_run_that_needs_more_than_runs_may_take_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel
) -> None:
    needed = decoding_needs([(tiny, [LANE])], 5).megabytes
    monkeypatch.setattr(cache, "JOBS", JobQueue(places=1, free=lambda: needed))
    with pytest.raises(InputError) as refused:
        decode_job([(tiny, [LANE])], 5)
    assert numbers(str(refused.value))[:2] == [round(needed), round(needed * RUNS_SHARE)]
