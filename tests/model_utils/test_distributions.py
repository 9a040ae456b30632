"""Entropy, total variation, nucleus: hand-computed cases and bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.distributions import entropy_bits, nucleus_size, total_variation


def test_entropy_of_equal_chances_is_the_logarithm_of_their_number() -> None:
    assert entropy_bits(np.full(8, 1 / 8)) == pytest.approx(3.0)


def test_entropy_of_a_certain_word_is_zero_and_rows_are_taken_apart() -> None:
    assert entropy_bits([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]).tolist() == [0.0, 1.0]


def test_total_variation_is_half_the_summed_difference() -> None:
    assert total_variation([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]) == pytest.approx(0.5)
    assert total_variation([1.0, 0.0], [0.0, 1.0]) == 1.0


def test_nucleus_is_the_fewest_likeliest_words_that_reach_the_share() -> None:
    probabilities = [0.125, 0.5, 0.25, 0.125]  # exact in binary
    assert [int(nucleus_size(probabilities, share)) for share in (0.0, 0.5, 0.51, 0.75, 1.0)] == [1, 1, 2, 2, 4]


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=40))
def test_entropy_lies_between_zero_and_that_of_equal_chances(parts: list[float]) -> None:
    probabilities = np.array(parts) / sum(parts)
    assert -1e-12 <= float(entropy_bits(probabilities)) <= np.log2(len(parts)) + 1e-9
