"""A difference keeps its sign, and its scale is as wide either way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.heads.difference import LEAST_LIMIT, difference


def test_the_sign_says_which_map_has_more():
    found = difference(np.array([[1.0, 0.0], [0.25, 0.75]]), np.array([[1.0, 0.0], [0.75, 0.25]]))
    assert found.values.tolist() == [[0, 0], [-0.5, 0.5]]
    assert found.values.dtype == np.float32
    assert not found.values.flags.writeable
    assert found.limit == 0.5


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_every_difference_lies_within_the_limit_and_swapping_turns_the_sign(seed, T):
    one, other = np.random.default_rng(seed).random((2, T, T))
    found, swapped = difference(one, other), difference(other, one)
    assert np.abs(found.values).max() <= found.limit <= 1
    np.testing.assert_array_equal(found.values, -swapped.values)
    assert found.limit == swapped.limit


def test_equal_maps_show_no_rounding():
    one = np.random.default_rng(0).random((5, 5)).astype(np.float32)
    assert difference(one, one.astype(np.float16)).limit == LEAST_LIMIT
    assert difference(one, one).values.any() == np.False_


def test_halves_are_subtracted_in_single_precision():
    found = difference(np.full((1, 1), 1, np.float16), np.full((1, 1), 0.0001, np.float16))
    assert found.values[0, 0] == pytest.approx(0.9999, abs=1e-6)


def test_cells_that_mean_nothing_stay_empty_and_do_not_widen_the_scale():
    one, other = np.array([[np.nan, 0.2], [9.0, 0.1]]), np.array([[1.0, 0.1], [np.nan, 0.1]])
    found = difference(one, other)
    assert np.isnan(found.values).tolist() == [[True, False], [True, False]]
    assert found.limit == pytest.approx(0.1)
    assert difference(np.full((2, 2), np.nan), other).limit == LEAST_LIMIT


def test_maps_of_different_sizes_are_refused_with_both_sizes():
    with pytest.raises(InputError, match="One map is 3 x 3 tokens and the other 4 x 4"):
        difference(np.zeros((3, 3)), np.zeros((4, 4)))
