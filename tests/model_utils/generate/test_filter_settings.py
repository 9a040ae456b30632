"""The table of filters agrees with transformers and with itself; settings hold their bounds and their order."""

from __future__ import annotations

import dataclasses
from itertools import permutations

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.generate.filter_settings import (
    BY_LETTER,
    CUTS,
    FILTERS,
    GENERATE_ORDER,
    SETTINGS,
    Filter,
    SamplingSettings,
    full_order,
)
from model_utils.generate.full_distribution import distribution
from model_utils.models.loading import LoadedModel

OFF = {one.field: one.off for one in FILTERS}
ONE_FILTER = pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)


def on(one: Filter) -> float:
    """Return a value at which a filter is on."""
    return 3 if isinstance(one.off, int) else 0.5


def test_the_table_names_what_generate_applies_in_its_order(tiny: LoadedModel) -> None:
    """Of `generate` itself: the method that makes its warpers from the arguments of these names."""
    config = transformers.GenerationConfig(do_sample=True, num_beams=1, **{one.field: on(one) for one in FILTERS})
    made = tiny.model._get_logits_processor(generation_config=config)
    assert [type(warper).__name__ for warper in made] == [one.warper for one in FILTERS]
    for warper, one in zip(made, FILTERS, strict=True):
        assert on(one) in vars(warper).values()


def test_settings_have_a_field_for_each_filter_and_nothing_twice() -> None:
    assert [one.name for one in dataclasses.fields(SamplingSettings) if one.init] == list(SETTINGS)
    for names in ([one.letter for one in FILTERS], [one.name for one in FILTERS], [one.field for one in FILTERS]):
        assert len(set(names)) == len(FILTERS)
    assert not {"o", "s"} & set(BY_LETTER)  # order and seed in the text of a comparison


@ONE_FILTER
def test_an_entry_reads_and_writes_its_values(one: Filter) -> None:
    off, chosen = SamplingSettings(**OFF), SamplingSettings(**OFF | {one.field: on(one)})
    assert (one.is_off(off), one.is_off(chosen)) == (True, False)
    assert (list(off.on), list(chosen.on)) == ([], [one])
    assert one.write(chosen)[0] == one.letter
    assert one.parse(one.write(chosen)[1:]) == on(one)
    assert type(one.value(chosen)) is type(one.off)
    assert one.low <= one.off <= one.high
    made = getattr(transformers, one.warper)(one.value(chosen))
    assert one.call(chosen) == f"{type(made).__name__}({on(one)!r})"


@ONE_FILTER
def test_a_value_outside_the_bounds_of_its_filter_is_named(one: Filter) -> None:
    for bad in (one.low - 1, one.high + 1, float("nan")):
        with pytest.raises(InputError, match=rf"{one.label} {bad!r}"):
            SamplingSettings(**{one.field: bad})
    SamplingSettings(**{one.field: one.low})
    SamplingSettings(**{one.field: one.high})


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"temperature": 1e-9}, "1e-09"),
        ({"order": "tkkp"}, "tkkp"),
        ({"order": "tq"}, "tq"),
        ({"order": "t k"}, "t k"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**64}, "18446744073709551616"),
    ],
)
def test_a_setting_outside_its_bounds_is_named_with_the_way_out(bad: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        SamplingSettings(**bad)


def test_letters_that_an_order_leaves_out_stand_where_generate_puts_them() -> None:
    assert full_order("") == full_order("tkpm") == full_order("t") == GENERATE_ORDER
    assert full_order("pt") == GENERATE_ORDER.replace("tkp", "pkt")
    assert full_order("mk") == GENERATE_ORDER.replace("kpm", "mpk")
    assert full_order(GENERATE_ORDER[::-1]) == GENERATE_ORDER[::-1]


@given(st.sets(st.sampled_from(GENERATE_ORDER)).flatmap(lambda letters: st.permutations(sorted(letters))))
def test_an_order_is_kept_and_the_others_do_not_move(letters: list[str]) -> None:
    full = full_order("".join(letters))
    assert [letter for letter in full if letter in letters] == letters
    assert all(full.index(letter) == GENERATE_ORDER.index(letter) for letter in GENERATE_ORDER if letter not in letters)
    assert full_order(full) == full


@pytest.mark.parametrize("typical_p", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("ties", [False, True])
def test_typical_p_equals_that_of_transformers_and_may_cut_the_likeliest(typical_p: float, ties: bool) -> None:
    """Of a flat distribution with one likelier word, the surprise of that word is the furthest from the mean."""
    scores = torch.randn(2, 50257, generator=torch.Generator().manual_seed(1))
    scores = (scores * 4).round() / 4 if ties else scores
    scores[:, 7] = 8.0
    settings = SamplingSettings(**OFF | {"typical_p": typical_p})
    expected = transformers.TypicalLogitsWarper(typical_p)(None, scores)
    for row in range(2):
        found = distribution(scores[row : row + 1], settings)
        assert np.array_equal(found.scores, expected[row].numpy())
        assert np.array_equal(found.cut == CUTS.index("typical-p"), found.scores == -np.inf)
    assert found.cut[7] > 0
    assert (found.cut == 0).sum() > 1000 * typical_p


def test_settings_that_write_one_order_in_two_ways_are_equal() -> None:
    for letters in permutations("tkp"):
        short = SamplingSettings(order="".join(letters))
        assert short == SamplingSettings(order=short.full_order)
        assert hash(short) == hash(SamplingSettings(order=short.full_order))
        assert [one.letter for one in short.filters] == list(short.full_order)
    assert SamplingSettings(order="kt") != SamplingSettings(order="tk")
