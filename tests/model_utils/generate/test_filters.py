"""The filters equal transformers' own, ties included; the draw follows the distribution and nothing else."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from model_utils.errors import InputError
from model_utils.generate.filters import CUTS, SamplingSettings, warp

VOCABULARY = 50257
OFF = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}


def reference(chosen: SamplingSettings) -> LogitsProcessorList:
    """Return transformers' warpers for these settings, in their order."""
    made = {
        "t": lambda: TemperatureLogitsWarper(float(chosen.temperature)),
        "k": lambda: TopKLogitsWarper(chosen.top_k),
        "p": lambda: TopPLogitsWarper(float(chosen.top_p)),
        "m": lambda: MinPLogitsWarper(chosen.min_p),
    }
    return LogitsProcessorList([made[letter]() for letter in chosen.order if not chosen.off(letter)])


def scores(seed: int, *, ties: bool, spread: float) -> torch.Tensor:
    """Return random scores `[2, V]`, rounded so that many are equal when there shall be ties."""
    drawn = torch.randn(2, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread
    return (drawn * 4).round() / 4 if ties else drawn


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    ties=st.booleans(),
    spread=st.sampled_from([0.0, 0.2, 1.0, 3.0, 8.0]),
    temperature=st.one_of(st.just(1.0), st.floats(0.05, 5.0)),
    top_k=st.one_of(st.just(0), st.integers(1, 200), st.integers(201, 60_000)),
    top_p=st.one_of(st.sampled_from([0.0, 0.5, 0.95, 1.0]), st.floats(0.0, 1.0)),
    min_p=st.one_of(st.just(0.0), st.floats(0.0, 1.0)),
    order=st.permutations("tkpm"),
)
def test_filters_equal_those_of_transformers_over_the_whole_vocabulary(
    seed: int, ties: bool, spread: float, temperature: float, top_k: int, top_p: float, min_p: float, order: list[str]
) -> None:
    chosen = SamplingSettings(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, order="".join(order))
    given_scores = scores(seed, ties=ties, spread=spread)
    expected = reference(chosen)(None, given_scores.clone())
    warped = warp(given_scores, chosen)
    assert torch.equal(warped.scores, expected)
    assert torch.equal(warped.cut > 0, expected == -float("inf"))


def test_top_k_keeps_words_that_tie_with_the_last() -> None:
    warped = warp(torch.tensor([[3.0, 1.0, 2.0, 2.0, 0.0]]), SamplingSettings(**{**OFF, "top_k": 2}))
    assert warped.cut[0].tolist() == [0, CUTS.index("top-k"), 0, 0, CUTS.index("top-k")]


def test_off_values_keep_every_word_and_top_p_of_zero_keeps_one() -> None:
    given_scores = torch.tensor([[0.5, 2.0, 1.0]])
    assert not warp(given_scores, SamplingSettings(**OFF)).cut.any()
    assert warp(given_scores, SamplingSettings(**{**OFF, "top_p": 0.0})).cut[0].tolist() == [3, 0, 3]


def test_top_p_stops_where_the_mass_reaches_p_exactly() -> None:
    """Four equal words are exact in binary: half of them are enough for p = 0.5."""
    chosen = SamplingSettings(**{**OFF, "top_p": 0.5})
    warped = warp(torch.zeros(1, 4), chosen)
    assert torch.equal(warped.scores, reference(chosen)(None, torch.zeros(1, 4)))
    assert int((warped.cut == 0).sum()) == 2


def test_each_cut_word_names_the_first_filter_that_cut_it() -> None:
    probabilities = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]])
    chosen = SamplingSettings(temperature=1.0, top_k=4, top_p=0.8, min_p=0.35)
    assert [CUTS[code] for code in warp(probabilities.log(), chosen).cut[0]] == ["", "", "min-p", "top-p", "top-k"]


def test_temperature_zero_keeps_the_likeliest_word_alone() -> None:
    warped = warp(torch.tensor([[0.5, 2.0, 1.0]]), SamplingSettings(temperature=0.0))
    assert [CUTS[code] for code in warped.cut[0]] == ["greedy", "", "greedy"]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), low=st.integers(1, 300), more=st.integers(0, 300), p=st.floats(0.01, 0.9))
def test_a_larger_k_or_p_never_removes_a_word(seed: int, low: int, more: int, p: float) -> None:
    given_scores = scores(seed, ties=False, spread=2.0)[:, :2000]

    def kept(**change: float) -> torch.Tensor:
        return warp(given_scores, SamplingSettings(**{**OFF, **change})).cut == 0

    assert bool((kept(top_k=low) <= kept(top_k=low + more)).all())
    assert bool((kept(top_p=p) <= kept(top_p=p + 0.1)).all())


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"temperature": -0.1}, "-0.1"),
        ({"temperature": 1e-9}, "1e-09"),
        ({"temperature": float("nan")}, "nan"),
        ({"temperature": 1000.0}, "1000"),
        ({"top_k": -1}, "-1"),
        ({"top_p": 1.01}, "1.01"),
        ({"min_p": -0.5}, "-0.5"),
        ({"order": "tkp"}, "tkp"),
        ({"order": "tkkp"}, "tkkp"),
        ({"seed": -1}, "-1"),
    ],
)
def test_a_setting_outside_its_bounds_is_named_with_the_way_out(bad: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        SamplingSettings(**bad)
