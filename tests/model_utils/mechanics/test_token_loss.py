"""The loss of each word equals transformers' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.token_loss import LEFT_OUT, labels_of, word_losses
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import encode
from tests.conftest import MISSION


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("sentence", [0, 1, 2])
def test_means_equal_transformers_loss_with_the_same_labels(tiny: LoadedModel, side: str, sentence: int) -> None:
    batch = encode(tiny.tokenizer, MISSION, side=side)  # type: ignore[arg-type]
    found = word_losses(tiny, batch, build_mask(MaskSpec(), batch), sentence=sentence)
    ids, real = batch.input_ids[sentence], batch.attention_mask[sentence] == 1
    labels = {
        "pads and first word": labels_of(batch, sentence),
        "pads": np.where(real, ids, LEFT_OUT),
        "nothing": ids,
    }
    for leave_out, chosen in labels.items():
        with torch.inference_mode():
            theirs = tiny.model(
                input_ids=torch.tensor(ids[None]),
                attention_mask=torch.tensor(batch.attention_mask[sentence][None]),
                position_ids=torch.tensor(batch.position_ids[sentence][None]),
                labels=torch.tensor(chosen[None]),
            ).loss
        assert found.mean(leave_out) == pytest.approx(float(theirs), abs=1e-5)  # type: ignore[arg-type]


def test_pads_and_the_first_word_do_not_count_and_padding_does_not_change_the_loss(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, MISSION)
    found = word_losses(tiny, batch, build_mask(MaskSpec(), batch), sentence=0)
    assert found.counts.tolist() == [False] * 4 + [True] * 4
    assert found.bits[4] == pytest.approx(found.nats[4] / 0.6931472)
    alone = batch.alone(0)
    single = word_losses(tiny, alone, build_mask(MaskSpec(), alone), sentence=0)
    assert single.nats[1:] == pytest.approx(found.nats[4:], abs=1e-4)
    assert single.mean() == pytest.approx(found.mean(), abs=1e-4)


def test_a_sentence_of_one_token_has_no_loss(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("Hello",))
    found = word_losses(tiny, batch, build_mask(MaskSpec(), batch), sentence=0)
    assert not found.counts.any()
    assert np.isnan(found.mean())
