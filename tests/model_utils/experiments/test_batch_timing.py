"""One by one and in a batch: the same texts, timed in turns, judged without wishful thinking."""

from __future__ import annotations

import itertools

import pytest

from model_utils.errors import InputError
from model_utils.experiments.batch_timing import BatchTiming, Round, judge, room
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.jobs import Cancelled
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch


@pytest.fixture
def lanes(mission: TokenBatch) -> list[Lane]:
    return [Lane(prompt=tuple(token.id for token in row), settings=SamplingSettings(seed=3)) for row in mission.tokens]


def test_every_sentence_gets_the_same_text_both_ways(tiny: LoadedModel, lanes: list[Lane]) -> None:
    assert all(one.equal or one.near for one in BatchTiming(loaded=tiny, lanes=lanes, max_new_tokens=12).same())


def test_another_text_is_found_with_its_step(
    tiny: LoadedModel, lanes: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_utils.experiments import batch_timing

    real = batch_timing.decode_tokens

    def tampered(loaded: LoadedModel, given: list[Lane], new: int) -> object:
        """Draw with other noise where a lane stands alone."""
        other = [Lane(prompt=lane.prompt, settings=SamplingSettings(seed=4)) for lane in given]
        return real(loaded, other if len(given) == 1 else given, new)

    monkeypatch.setattr(batch_timing, "decode_tokens", tampered)
    found = BatchTiming(loaded=tiny, lanes=lanes, max_new_tokens=12).same()
    assert not any(one.equal for one in found)
    assert all(one.at is not None and not one.near for one in found)


def test_both_ways_are_timed_in_turns(tiny: LoadedModel, lanes: list[Lane]) -> None:
    ticks = itertools.count()
    ways = BatchTiming(loaded=tiny, lanes=lanes, max_new_tokens=2, clock=lambda: float(next(ticks)))
    # Two steps and the end of each text, a tick each.
    assert list(ways.rounds(3)) == [Round(batch=3.0, alone=9.0)] * 3
    with pytest.raises(InputError, match="at least two"):
        BatchTiming(loaded=tiny, lanes=lanes[:1], max_new_tokens=2)


def test_measuring_stops_between_two_steps(tiny: LoadedModel, lanes: list[Lane]) -> None:
    calls = itertools.count()

    def check() -> None:
        if next(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(BatchTiming(loaded=tiny, lanes=lanes, max_new_tokens=9, check=check).rounds())
    assert next(calls) == 3


def test_a_verdict_needs_every_round_to_agree() -> None:
    clear = judge([Round(batch=1.0, alone=2.0), Round(batch=1.5, alone=3.0), Round(batch=1.0, alone=3.0)])
    assert (clear.decided, clear.times) == (True, 3.0)
    assert not judge([Round(batch=1.0, alone=2.0), Round(batch=2.0, alone=1.0), Round(batch=1.0, alone=2.0)]).decided
    assert not judge([Round(batch=1.0, alone=2.0)]).decided
    slower = judge([Round(batch=4.0, alone=2.0)] * 3)
    assert (slower.decided, slower.times) == (True, 0.5)


def test_max_length_counts_the_longest_row_for_all() -> None:
    """`generate(max_length=...)` of transformers stops a padded batch at that width, whatever a row's own length."""
    assert room([5, 8, 3], 12) == 4
    assert room([50], 40) == 0


def test_max_length_of_transformers_leaves_as_much(tiny: LoadedModel, mission: TokenBatch) -> None:
    import torch

    out = tiny.model.generate(
        input_ids=torch.tensor(mission.input_ids),
        attention_mask=torch.tensor(mission.attention_mask),
        max_length=12,
        max_new_tokens=None,
        do_sample=False,
        pad_token_id=50256,
    )
    assert out.shape[1] - mission.size[1] == room([len(row) for row in mission.tokens], 12)
