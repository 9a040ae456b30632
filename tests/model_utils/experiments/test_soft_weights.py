"""0.5 in the mask, under the three kinds of mask that it has meant, and the share of a row that a softened key keeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_utils.experiments.soft_weights import (
    CURVE_WEIGHTS,
    SOFT_MASK_KINDS,
    SoftMaskRun,
    reweighted,
    run_soft_masks,
    share_in_run,
    soft_row,
)
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import encode

TEXTS = ("It will rain in the", "They opened the door and saw a man in the dark")


@pytest.fixture(scope="module")
def runs(tiny: LoadedModel) -> dict[str, SoftMaskRun]:
    batch = encode(tiny.tokenizer, ("The tall wizard gave the boy a silver",))
    return {one.kind: one for one in run_soft_masks(tiny, batch, [2, 3], 0.5)}


def test_todays_two_dimensional_mask_counts_a_half_as_one(runs: dict[str, SoftMaskRun]) -> None:
    assert np.array_equal(runs["today"].weights, runs["none"].weights)
    assert np.array_equal(runs["today"].probabilities, runs["none"].probabilities)


def test_the_old_formula_counts_a_half_as_zero(runs: dict[str, SoftMaskRun]) -> None:
    assert (runs["formula"].weights[:, :, [2, 3]] == 0).all()
    assert runs["formula"].weights.sum(-1) == pytest.approx(np.ones(runs["formula"].weights.shape[:-1]), abs=1e-5)


def test_log_weight_reweights_and_renormalises_the_row_where_scores_stay(runs: dict[str, SoftMaskRun]) -> None:
    wanted = reweighted(runs["none"].weights, [2, 3], 0.5)
    assert np.abs(runs["log"].weights[0] - wanted[0]).max() < 1e-6
    assert np.abs(runs["log"].weights[1:] - wanted[1:]).max() > 1e-3  # deeper layers' scores change too


def test_a_row_reweighted_by_hand() -> None:
    assert reweighted(np.array([0.4, 0.6]), [0], 0.5).tolist() == pytest.approx([0.25, 0.75])


def test_at_weights_0_and_1_all_kinds_agree(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("My dog is",))
    hidden = run_soft_masks(tiny, batch, [1], 0.0)
    for one in hidden[1:]:
        assert np.abs(one.probabilities - hidden[1].probabilities).max() < 1e-6
    whole = run_soft_masks(tiny, batch, [1], 1.0)
    assert tuple(one.kind for one in whole) == SOFT_MASK_KINDS
    for one in whole:
        assert np.abs(one.probabilities - whole[0].probabilities).max() < 1e-6


@pytest.mark.parametrize("weight", [*CURVE_WEIGHTS, 0.0])
def test_the_share_in_a_real_run_is_that_of_the_scores_with_the_logarithm_added(tiny, weight) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(sentence=0, weights={2: 0.7})
    found = soft_row(tiny, batch, spec, (4, 1))
    with np.errstate(divide="ignore"):
        expected = found.share(float(np.log(weight)))
    assert share_in_run(tiny, batch, spec, (4, 1), head=found.head, weight=weight) == pytest.approx(expected, abs=1e-6)


def test_softening_is_reweighting_and_dividing_again(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(sentence=1)
    found = soft_row(tiny, batch, spec, (9, 3))
    with torch.inference_mode():
        attentions = forward(tiny, batch.input_ids, build_mask(spec, batch), attentions=True).attentions
        whole = attentions[0][1, found.head, 9].double().numpy()
    assert found.share(0.0) == pytest.approx(whole[3], abs=1e-6)
    halved_row = np.where(np.arange(len(whole)) == 3, whole * 0.5, whole)
    halved = share_in_run(tiny, batch, spec, (9, 3), head=found.head, weight=0.5)
    assert halved == pytest.approx(halved_row[3] / halved_row.sum(), abs=1e-6)
    assert halved > whole[3] / 2 + 1e-3


def test_the_head_is_the_one_that_reads_the_key_most(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    shares = [
        share_in_run(tiny, batch, MaskSpec(sentence=1), (8, 2), head=head, weight=1.0) for head in range(tiny.heads)
    ]
    assert soft_row(tiny, batch, MaskSpec(sentence=1), (8, 2)).head == int(np.argmax(shares))
