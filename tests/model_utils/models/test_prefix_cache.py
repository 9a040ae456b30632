"""Prompts read once: what was drawn after them before changes nothing, and what is kept is bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.step import Step
from model_utils.masks.mask import MaskSpec
from model_utils.models import prefix_cache as module
from model_utils.models.loading import LoadedModel
from model_utils.models.prefix_cache import PrefixCache
from tests.tools.decoding import LONG, Watched, lane_of

NEW = 6
HIDDEN = MaskPolicy(spec=MaskSpec(weights={1: 0.0}), drop_after=2)


def lanes(tiny: LoadedModel, seed: int, *policies: MaskPolicy) -> list[Lane]:
    """Return a lane of each policy, the prompts in turns short and long, and the first lane once more."""
    settings = SamplingSettings(seed=seed)
    made = [lane_of(tiny, ("My dog is", LONG)[number % 2], policy, settings) for number, policy in enumerate(policies)]
    return [*made, replace(made[0], sample=1)]


def grown(loaded: LoadedModel, wanted: list[Lane], prefix_cache: PrefixCache | None, new: int = NEW) -> list[Step]:
    """Return all steps of all lanes."""
    return [step for steps in decode(loaded, wanted, new, prefix_cache=prefix_cache) for step in steps]


def assert_alike(one: list[Step], other: list[Step]) -> None:
    """Assert that two records of steps agree to the last bit."""
    assert [(step.lane, step.token_id, step.margin, step.probability_raw) for step in one] == [
        (step.lane, step.token_id, step.margin, step.probability_raw) for step in other
    ]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.candidates.before, b.candidates.before)


@pytest.mark.parametrize("policies", [(MaskPolicy(), MaskPolicy()), (MaskPolicy(), HIDDEN)], ids=["plain", "masked"])
def test_a_prompt_read_before_gives_the_same_to_the_last_bit(
    tiny: LoadedModel, policies: tuple[MaskPolicy, ...]
) -> None:
    kept = PrefixCache()
    grown(tiny, lanes(tiny, 1, *policies), kept)
    model = Watched(tiny.model)
    again = grown(replace(tiny, model=model), lanes(tiny, 2, *policies), kept)  # type: ignore[arg-type]
    assert len(model.given) == NEW - 1  # one pass a step, and none for the prompts
    assert_alike(again, grown(tiny, lanes(tiny, 2, *policies), None))


def test_what_grew_behind_a_prompt_is_not_kept_with_it(tiny: LoadedModel) -> None:
    kept, wanted = PrefixCache(), lanes(tiny, 3, MaskPolicy())
    size = None
    for new in (NEW, 2 * NEW, NEW):
        assert_alike(grown(tiny, wanted, kept, new), grown(tiny, wanted, None, new))
        size = kept.megabytes if size is None else size
        assert kept.megabytes == size


def test_another_mask_or_another_neighbour_is_another_prompt(tiny: LoadedModel) -> None:
    kept = PrefixCache()
    for wanted in (
        lanes(tiny, 1, MaskPolicy()),
        lanes(tiny, 1, HIDDEN),
        lanes(tiny, 1, MaskPolicy(), MaskPolicy()),  # now with pads
        lanes(tiny, 1, MaskPolicy(), HIDDEN),
    ):
        assert_alike(grown(tiny, wanted, kept), grown(tiny, wanted, None))


def test_the_latest_stay_and_no_more_than_there_is_room_for(tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, settings = PrefixCache(), SamplingSettings()
    one = [Lane(prompt=(11,) * 50, settings=settings)]
    grown(tiny, one, kept, 1)
    limit = 2.5 * kept.megabytes
    monkeypatch.setattr(module, "MAX_PREFIX_CACHE_MB", limit)
    others = [[Lane(prompt=(token,) * 50, settings=settings)] for token in (12, 13)]
    for wanted in (others[0], one, others[1]):
        grown(tiny, wanted, kept, 1)
        assert kept.megabytes <= limit
    model = Watched(tiny.model)
    watched = replace(tiny, model=model)  # type: ignore[arg-type]
    for wanted, passes in ((one, 0), (others[1], 0), (others[0], 1)):
        grown(watched, wanted, kept, 1)
        assert len(model.given) == passes
    grown(watched, [Lane(prompt=(14,) * 250, settings=settings)], kept, 1)
    assert kept.megabytes <= limit
    assert len(model.given) == 2
    grown(watched, [Lane(prompt=(14,) * 250, settings=settings)], kept, 1)
    assert len(model.given) == 3  # too large to keep
