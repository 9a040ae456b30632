"""The next word's distribution under a mask."""

from __future__ import annotations

import numpy as np
import torch

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.loading import LoadedModel
from model_utils.models.next_word import next_probabilities, top_tokens
from model_utils.tokens.batch import TokenBatch, encode


def test_chances_equal_those_of_transformers_and_sum_to_1(tiny: LoadedModel, mission: TokenBatch) -> None:
    probabilities = next_probabilities(tiny, mission, build_mask(MaskSpec(), mission))
    with torch.inference_mode():
        logits = tiny.model(
            input_ids=torch.tensor(mission.input_ids),
            attention_mask=torch.tensor(mission.attention_mask),
            position_ids=torch.tensor(mission.position_ids),
        ).logits[:, -1]
    np.testing.assert_allclose(probabilities, torch.softmax(logits.double(), -1).numpy(), atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-9)


def test_the_padding_side_does_not_change_what_comes_next(tiny: LoadedModel, mission: TokenBatch) -> None:
    right = encode(tiny.tokenizer, mission.texts, side="right")
    left_chances = next_probabilities(tiny, mission, build_mask(MaskSpec(), mission))
    right_chances = next_probabilities(tiny, right, build_mask(MaskSpec(), right))
    np.testing.assert_allclose(left_chances, right_chances, atol=1e-5)


def test_hiding_every_word_but_the_last_leaves_what_the_last_word_alone_says(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("He shook his",))
    hidden = build_mask(MaskSpec(weights={0: 0.0, 1: 0.0}, gap="close"), batch)
    alone = encode(tiny.tokenizer, (" his",))
    expected = next_probabilities(tiny, alone, build_mask(MaskSpec(), alone))
    np.testing.assert_allclose(next_probabilities(tiny, batch, hidden), expected, atol=1e-5)


def test_the_demo_sentence_is_peaked_and_hiding_shook_moves_more_than_hiding_his(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("He shook his",))
    whole = next_probabilities(tiny, batch, build_mask(MaskSpec(), batch))[0]
    moved = {}
    for token in range(3):
        probabilities = next_probabilities(tiny, batch, build_mask(MaskSpec(weights={token: 0.0}), batch))[0]
        moved[token] = float(np.abs(probabilities - whole).sum() / 2)
    assert tiny.tokenizer.decode([int(whole.argmax())]) == " head"
    assert whole.max() > 0.8
    assert moved[1] > moved[0] > moved[2]


def test_equal_chances_are_ordered_by_id() -> None:
    assert top_tokens(np.array([0.2, 0.4, 0.2, 0.2]), 3).tolist() == [1, 0, 2]
    assert top_tokens(np.array([0.2, 0.4, np.nan, 0.2]), 3).tolist() == [1, 0, 3]
    assert top_tokens(np.array([0.2, 0.4]), 5).tolist() == [1, 0]
    many = np.round(np.random.default_rng(0).random(5_000), 2)  # 50 of each
    assert top_tokens(many, 60).tolist() == sorted(range(5_000), key=lambda one: (-many[one], one))[:60]
