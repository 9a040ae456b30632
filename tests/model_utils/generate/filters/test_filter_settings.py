"""The table of filters agrees with transformers and with itself; settings hold their bounds and their order."""

from __future__ import annotations

import dataclasses
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.generate.filters.filter_settings import (
    BY_LETTER,
    CUTS,
    FILTERS,
    GENERATE_ORDER,
    PROCESSORS,
    SETTINGS,
    SamplingSettings,
    full_order,
)
from model_utils.generate.filters.full_distribution import distribution
from model_utils.generate.filters.one_filter import Filter
from model_utils.models.loading import LoadedModel

OFF = {one.field: one.off for one in FILTERS}
ONE_FILTER = pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)


def on(one: Filter) -> Any:
    """Return a value at which a filter is on."""
    return {int: 3, float: 0.5, str: "son, a king"}[type(one.off)]


def argument(one: Filter) -> dict[str, Any]:
    """Return the argument of `generate` by which a filter is on."""
    return {"bad_words_ids": [[7], [8, 9]]} if one.field == "bad_words" else {one.field: on(one)}


def test_the_table_names_what_generate_applies_in_its_order(tiny: LoadedModel) -> None:
    """Of `generate` itself: the method that makes its warpers from the arguments of these names."""
    given = {name: value for one in FILTERS for name, value in argument(one).items()}
    config = transformers.GenerationConfig(do_sample=True, num_beams=1, **given)
    config._eos_token_tensor = torch.tensor([50256])
    made = tiny.model._get_logits_processor(generation_config=config, input_ids_seq_length=4)
    assert [type(warper).__name__ for warper in made] == [one.warper for one in FILTERS]
    for warper, one in zip(made, FILTERS, strict=True):
        (value,) = argument(one).values()
        assert value in vars(warper).values()


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
    assert isinstance(one.off, str) or one.low <= one.off <= one.high
    known = {"prompt": 4, "ends": [50256], "banned": [[7], [8, 9]]}
    made = getattr(transformers, one.warper)(*one.given(chosen, known))
    names = {"with_and_without_space": lambda _: known["banned"], "prompt_length": 4, "ENDS": [50256]}
    again = eval(one.call(chosen), vars(transformers) | names)
    assert type(made) is type(again)
    assert str(vars(made)) == str(vars(again))


@pytest.mark.parametrize("one", [one for one in FILTERS if not isinstance(one.off, str)], ids=lambda one: one.name)
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
        ({"order": "tr"}, "tr"),  # a processor has its fixed place before all filters
        ({"bad_words": ",".join(map(str, range(51)))}, "51 words .* at most 50"),
        ({"bad_words": "a" * 65}, "at most 64"),
        ({"order": "t k"}, "t k"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**64}, "18446744073709551616"),
    ],
)
def test_a_setting_outside_its_bounds_is_named_with_the_way_out(bad: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        SamplingSettings(**bad)


def test_bad_words_are_the_same_however_they_are_spaced() -> None:
    one = SamplingSettings(bad_words=" son ,, a king,son")
    assert one == SamplingSettings(bad_words="son, a king")
    assert BY_LETTER["w"].parse(BY_LETTER["w"].write(one)[1:]) == one.bad_words
    with pytest.raises(ValueError, match=r"^$"):
        BY_LETTER["w"].parse("")


def test_letters_that_an_order_leaves_out_stand_where_generate_puts_them() -> None:
    assert full_order("") == full_order("tkpm") == full_order("t") == GENERATE_ORDER
    assert full_order("pt") == GENERATE_ORDER.translate(str.maketrans("tp", "pt"))
    assert full_order("mk") == GENERATE_ORDER.translate(str.maketrans("mk", "km"))
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
        assert [one.letter for one in short.filters if not one.processor] == list(short.full_order)
        assert short.filters[: len(PROCESSORS)] == PROCESSORS
    assert SamplingSettings(order="kt") != SamplingSettings(order="tk")
