"""Metrics of texts equal what is counted by hand; a trend is decided by enough samples or not at all."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.compare.text_metrics import (
    ENOUGH,
    TEXT_METRICS,
    distinct,
    measure,
    monotone,
    repeated,
    repetition,
    spread,
    tau,
    trend,
)
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.models.loading import LoadedModel
from tests.tools.decoding import grown


def test_distinct_and_repetition_of_a_short_text() -> None:
    assert distinct([1, 2, 1, 2, 1], 1) == pytest.approx(2 / 5)
    assert distinct([1, 2, 1, 2, 1], 2) == pytest.approx(2 / 4)
    assert repetition([1, 2, 1, 2, 1, 2]) == pytest.approx(1 - 2 / 3)  # 1212, 2121, 1212
    assert repetition([1, 2, 3, 4, 5]) == 0.0
    assert np.isnan(repetition([1, 2, 3]))


def test_a_token_is_repeated_where_its_group_of_four_stood_before() -> None:
    assert repeated([1, 2, 3, 4, 5, 1, 2, 3, 4, 9]) == [False] * 5 + [True] * 4 + [False]
    assert repeated([1, 2, 3, 1, 2, 3]) == [False] * 6
    assert repeated([7] * 6) == [False] + [True] * 5  # a group may overlap the one before
    assert repeated([]) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 4))
def test_shares_stay_between_0_and_1(ids: list[int], n: int) -> None:
    share = distinct(ids, n)
    assert np.isnan(share) or 0 < share <= 1
    assert len(ids) >= n or np.isnan(share)


def test_a_text_is_measured_from_its_steps(tiny: LoadedModel) -> None:
    lane = Lane(prompt=(1544, 14682, 465), settings=SamplingSettings(temperature=0.7, top_k=20))
    row = grown(tiny, [lane], 10)[0]
    found = measure(row)
    assert set(found) == {one.name for one in TEXT_METRICS}
    assert found["length"] == len(row)
    assert found["kept"] == pytest.approx(sum(step.stages[-1].kept for step in row) / len(row))
    assert found["entropy"] == pytest.approx(sum(step.entropy_after for step in row) / len(row))
    assert found["log_prob"] == pytest.approx(sum(log2(step.probability_raw) for step in row) / len(row))
    assert found["distinct_1"] == pytest.approx(len({step.token_id for step in row}) / len(row))
    assert found["ended"] == float(row[-1].stop == "end")


def test_a_text_that_drew_end_of_text_ended_by_itself(tiny: LoadedModel) -> None:
    lane = Lane(prompt=(1544,), settings=SamplingSettings(), taken=(14682, 50256))
    assert measure(grown(tiny, [lane], 10)[0])["ended"] == 1.0
    assert measure([])["length"] == 0.0


def test_the_interval_is_students() -> None:
    """Eight values 1 to 8: mean 4.5, standard deviation 2.449, t 2.365: 2.048 to either side."""
    found = spread(range(1, 9))
    assert (found.mean, found.low, found.high, found.samples) == (4.5, 1.0, 8.0, 8)
    assert found.margin == pytest.approx(2.365 * 2.449490 / 8**0.5, rel=1e-4)
    assert np.isnan(spread([3.0]).margin)
    assert spread([3.0, float("nan")]).samples == 1
    assert np.isnan(spread([float("nan")]).mean)


def test_each_sample_votes_with_its_rank_correlation() -> None:
    assert tau([[1, 3, 1], [2, 2, 1], [3, 1, 2]]).tolist() == pytest.approx([1.0, -1.0, 2 / 3])


def test_a_trend_needs_enough_samples_that_agree() -> None:
    up = np.arange(5.0)[:, None] + np.zeros(ENOUGH)
    assert trend(up) == "grows"
    assert trend(-up) == "falls"
    assert trend(up[:, : ENOUGH - 1]) == "undecided"
    assert trend(np.ones((5, ENOUGH))) == "stays"
    assert trend(np.ones((5, 1)) * np.arange(ENOUGH)) == "stays"
    mixed = up * np.where(np.arange(ENOUGH) % 2, 1, -1)
    assert trend(mixed) == "undecided"


def test_a_fair_coin_is_seldom_called_a_trend() -> None:
    """An interval of 95 % errs in about one of twenty; of 400 tries without any trend at most one in ten may be called."""
    noise = np.random.default_rng(0).normal(size=(400, 6, ENOUGH))
    called = sum(trend(one) != "undecided" for one in noise)
    assert called < 40


def test_exact_values_need_no_samples() -> None:
    assert monotone([1, 1, 2]) == "grows"
    assert monotone([3, 2, 2]) == "falls"
    assert monotone([2, 2]) == "stays"
    assert monotone([1, 2, 1]) == "undecided"
