"""What every row predicts: its surprise is transformers' own loss, and only rows that read a blocked cell move."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from model_utils.experiments.surprisal import (
    last_hidden_states,
    later_weight_share,
    new_token_bits,
    row_shifts,
    surprise_bits,
)
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode

TEXTS = ("The cat sat.<|endoftext|>He shook his head", "They opened the door and saw a man in the dark", "So")


def bits_of(tiny: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> np.ndarray:
    mask = build_mask(spec, batch)
    return surprise_bits(tiny, batch, mask, 0, last_hidden_states(tiny, batch, mask, 0)[0])


def test_mean_surprise_is_the_loss_that_transformers_reports(tiny) -> None:
    batch = encode(tiny.tokenizer, (TEXTS[1],))
    ids = torch.from_numpy(batch.input_ids.copy())
    with torch.inference_mode():
        loss = tiny.model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
    assert np.nanmean(bits_of(tiny, batch, MaskSpec())) == pytest.approx(float(loss) / math.log(2), abs=1e-4)


def test_new_tokens_surprise_as_much_as_in_the_whole_sentence(tiny) -> None:
    batch = encode(tiny.tokenizer, (TEXTS[1],))
    ids = [token.id for token in batch.tokens[0]]
    found = new_token_bits(tiny, ids[:4], ids[4:], MaskPolicy().mask(ids[:4], len(ids) - 5))
    np.testing.assert_allclose(found, bits_of(tiny, batch, MaskSpec())[4:], atol=1e-4)


def test_a_word_behind_a_row_that_reads_nothing_has_no_surprise(tiny) -> None:
    batch = encode(tiny.tokenizer, (TEXTS[1],))
    bits = bits_of(tiny, batch, MaskSpec(weights={0: 0.0}))
    assert np.isnan(bits[:2]).all()
    assert not np.isnan(bits[2:]).any()


def test_rows_above_a_blocked_cell_keep_their_prediction_and_its_own_row_changes(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    spec = MaskSpec(sentence=1)
    blocked = replace(spec, cells=frozenset({(5, 2)}))
    moved = row_shifts(tiny, batch, build_mask(spec, batch), build_mask(blocked, batch), 1)
    assert moved.shape == (len(batch.tokens[1]),)
    assert (moved[:5] == 0).all()
    assert moved[5] > 0.01
    probabilities = []
    for one in (spec, blocked):
        logits = forward(tiny, batch.input_ids, build_mask(one, batch), rows=slice(1, 2)).logits[0]
        probabilities.append(logits[batch.first(1) :].double().softmax(-1))
    np.testing.assert_allclose(moved, ((probabilities[0] - probabilities[1]).abs().sum(-1) / 2).numpy(), atol=1e-5)


def test_the_share_on_later_words_leaves_out_the_last_row_and_rows_that_read_nothing(tiny) -> None:
    batch = encode(tiny.tokenizer, (" a" * 4,))
    mask = build_mask(MaskSpec(pattern="prefix", first=3, cells={(1, 0), (1, 1), (1, 2)}), batch)
    rows = torch.tensor([[0.5, 0.25, 0.25, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.25, 0], [0.25] * 4])
    found = later_weight_share((rows[None, None],), batch, mask, 0)
    assert found.tolist() == [pytest.approx((0.5 + 0) / 2)]
