"""The dial's curve, made of scores, equals the runs of the model; plain multiplication does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_utils.experiments.soft_weight_curve import DOTS, measured, row
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import forward
from model_utils.tokens.batch import encode

TEXTS = ("It will rain in the", "They opened the door and saw a man in the dark")


@pytest.mark.parametrize("weight", [*DOTS, 0.0])
def test_the_share_in_a_real_run_is_that_of_the_scores_with_the_logarithm_added(tiny, weight) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(sentence=0, weights={2: 0.7})
    found = row(tiny, batch, spec, (4, 1))
    with np.errstate(divide="ignore"):
        expected = found.share(float(np.log(weight)))
    assert measured(tiny, batch, spec, (4, 1), head=found.head, weight=weight) == pytest.approx(expected, abs=1e-6)


def test_softening_is_reweighting_and_dividing_again(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(sentence=1)
    found = row(tiny, batch, spec, (9, 3))
    with torch.inference_mode():
        attentions = forward(tiny, batch.input_ids, build_mask(spec, batch), attentions=True).attentions
        whole = attentions[0][1, found.head, 9].double().numpy()
    assert found.share(0.0) == pytest.approx(whole[3], abs=1e-6)
    reweighted = np.where(np.arange(len(whole)) == 3, whole * 0.5, whole)
    halved = measured(tiny, batch, spec, (9, 3), head=found.head, weight=0.5)
    assert halved == pytest.approx(reweighted[3] / reweighted.sum(), abs=1e-6)
    assert halved > whole[3] / 2 + 1e-3


def test_the_head_is_the_one_that_reads_the_key_most(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    shares = [measured(tiny, batch, MaskSpec(sentence=1), (8, 2), head=head, weight=1.0) for head in range(tiny.heads)]
    assert row(tiny, batch, MaskSpec(sentence=1), (8, 2)).head == int(np.argmax(shares))
