"""The job that decodes the texts of one model or of several."""

from __future__ import annotations

import pytest

from model_utils.errors import InputError
from model_utils.generate.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.plan import cache_megabytes
from model_utils.models.loading import LoadedModel
from pages.common.decode_job import decode_job
from tests.pages.common.sentences import numbers

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
