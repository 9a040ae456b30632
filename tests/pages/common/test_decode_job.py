"""The job that decodes the texts of one model or of several."""

from __future__ import annotations

import pytest

from model_utils.errors import InputError
from model_utils.generate.beam_settings import BeamSettings
from model_utils.generate.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.plan import cache_megabytes
from model_utils.models.loading import LoadedModel
from pages.common.decode_job import beam_job, decode_job
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
    job = beam_job(tiny, [LANE, LANE], BeamSettings(num_beams=3), 200)
    assert job.wait_for_event(60)
    job.cancel()
    assert job.wait(60)
    made = [steps for _, steps in job.events]
    assert 0 < len(made) < 200
    assert [[step.sentence for step in steps] for steps in made] == [[0, 1]] * len(made)


def test_all_beams_share_the_bound_on_memory(monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel) -> None:
    monkeypatch.setattr("model_utils.generate.plan.MAX_CACHE_MB", 3.5 * cache_megabytes(tiny, 1, 100))
    beam_job(tiny, [LANE], BeamSettings(num_beams=3), 60).cancel()
    with pytest.raises(InputError):
        beam_job(tiny, [LANE], BeamSettings(num_beams=4), 60)
