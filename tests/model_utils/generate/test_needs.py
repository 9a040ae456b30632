"""What decoding takes is told beforehand: no less than it is seen to take, and of each thing its part."""

from __future__ import annotations

import torch

from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.needs import decoding_needs
from model_utils.generate.plan import cache_megabytes
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel

LANE = Lane(prompt=(11,) * 40, settings=SamplingSettings())


def test_memory_counts_logits_and_records_beside_keys_and_values(tiny: LoadedModel) -> None:
    lanes = [LANE] * 96
    found = decoding_needs([(tiny, lanes)], 100)
    keys_and_values, logits = cache_megabytes(tiny, 96, 140), 96 * tiny.entry.vocabulary * 4 / 1e6
    assert found.megabytes > keys_and_values + 4 * logits + found.made_megabytes
    assert found.made_megabytes == 96 * 100 * 3 / 1e3
    twice = decoding_needs([(tiny, lanes), (tiny, lanes)], 100)
    assert twice.megabytes == 2 * found.megabytes
    assert twice.operations == 2 * found.operations


def test_operations_count_a_prompt_in_common_once(tiny: LoadedModel) -> None:
    one, many = (decoding_needs([(tiny, [LANE] * lanes)], 10).operations for lanes in (1, 8))
    assert one == 2 * tiny.parameters * (40 + 10)
    assert many == 2 * tiny.parameters * (40 + 80)


def test_a_mask_for_every_lane_counts(tiny: LoadedModel) -> None:
    masked = Lane(
        prompt=LANE.prompt, settings=LANE.settings, policy=MaskPolicy(spec=MaskSpec(pattern="window", width=4))
    )
    plain, under = (decoding_needs([(tiny, [lane] * 16)], 200).megabytes for lane in (LANE, masked))
    assert under - plain >= 16 * 240 * 240 * 4 / 1e6


def test_a_step_allocates_no_more_than_is_told(tiny: LoadedModel) -> None:
    lanes = [
        Lane(prompt=LANE.prompt, settings=SamplingSettings(top_k=k, top_p=0.9), sample=sample)
        for k in (0, 5, 50, 500)
        for sample in range(4)
    ]
    steps = decode(tiny, lanes, 3)
    next(steps)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        next(steps)
    live = peak = 0
    for event in sorted(profile.events(), key=lambda one: one.time_range.start):
        if event.name == "[memory]":
            live += event.cpu_memory_usage if hasattr(event, "cpu_memory_usage") else 0
            peak = max(peak, live)
    assert 0 < peak / 1e6 < decoding_needs([(tiny, lanes)], 3).megabytes
