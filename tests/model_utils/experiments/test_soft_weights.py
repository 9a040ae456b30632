"""0.5 in the mask, in the three ways that it has been meant."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.experiments.soft_weights import WAYS, Softened, reweighted, soften
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import encode


@pytest.fixture(scope="module")
def ways(tiny: LoadedModel) -> dict[str, Softened]:
    batch = encode(tiny.tokenizer, ("The tall wizard gave the boy a silver",))
    return {one.way: one for one in soften(tiny, batch, [2, 3], 0.5)}


def test_todays_two_dimensional_mask_counts_a_half_as_one(ways: dict[str, Softened]) -> None:
    assert np.array_equal(ways["today"].weights, ways["none"].weights)
    assert np.array_equal(ways["today"].probabilities, ways["none"].probabilities)


def test_the_old_formula_counts_a_half_as_zero(ways: dict[str, Softened]) -> None:
    assert (ways["formula"].weights[:, :, [2, 3]] == 0).all()
    assert ways["formula"].weights.sum(-1) == pytest.approx(np.ones((6, 8)), abs=1e-5)


def test_log_weight_reweights_and_renormalises_the_row_where_scores_stay(ways: dict[str, Softened]) -> None:
    wanted = reweighted(ways["none"].weights, [2, 3], 0.5)
    assert np.abs(ways["log"].weights[0] - wanted[0]).max() < 1e-6
    assert np.abs(ways["log"].weights[1:] - wanted[1:]).max() > 1e-3  # deeper layers' scores change too


def test_a_row_reweighted_by_hand() -> None:
    assert reweighted(np.array([0.4, 0.6]), [0], 0.5).tolist() == pytest.approx([0.25, 0.75])


def test_at_the_ends_of_the_dial_all_ways_agree(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("My dog is",))
    hidden = soften(tiny, batch, [1], 0.0)
    for one in hidden[1:]:
        assert np.abs(one.probabilities - hidden[1].probabilities).max() < 1e-6
    whole = soften(tiny, batch, [1], 1.0)
    assert tuple(one.way for one in whole) == WAYS
    for one in whole:
        assert np.abs(one.probabilities - whole[0].probabilities).max() < 1e-6
