"""Under every pattern the model computes what a GPT-2 written by hand computes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from model_utils.experiments.pattern_runs import run, under
from model_utils.masks.mask import MaskSpec
from model_utils.masks.patterns import PATTERNS
from model_utils.tokens.batch import encode
from tests.tools.gpt2 import gpt2_by_hand

TEXTS = ("The cat sat.<|endoftext|>He shook his head", "They opened the door and saw a man in the dark", "So")

# What each pattern allows, as a reader would write it: row q, key k, with width 3 and first 2.
ALLOWED = {
    "causal": lambda q, k, ids: k <= q,
    "bidirectional": lambda q, k, ids: True,
    "prefix": lambda q, k, ids: k <= q or (q < 2 and k < 2),
    "window": lambda q, k, ids: q - 3 < k <= q,
    "sink": lambda q, k, ids: k <= q and (k > q - 3 or k < 2),
    "documents": lambda q, k, ids: k <= q and 50256 not in ids[k + 1 : q + 1],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_equals_a_gpt2_written_by_hand(tiny, pattern) -> None:
    for sentence, side in enumerate(("left", "right")):
        batch = encode(tiny.tokenizer, TEXTS, side=side)
        ids = [token.id for token in batch.tokens[sentence]]
        restart = ids.index(50256) if pattern == "documents" and 50256 in ids else len(ids)
        positions = [*range(restart), *range(len(ids) - restart)]
        T = range(len(ids))
        allowed = torch.tensor([[ALLOWED[pattern](q, k, ids) for k in T] for q in T])
        logs, weights = gpt2_by_hand(tiny.model, ids, allowed, positions)
        found = run(tiny, batch, MaskSpec(pattern=pattern, width=3, first=2, sentence=sentence))
        np.testing.assert_allclose(found.probabilities, logs[-1].exp().numpy(), atol=2e-5)
        bits = -logs[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0] / math.log(2)
        assert math.isnan(found.bits[0])
        np.testing.assert_allclose(found.bits[1:], bits.numpy(), atol=1e-3)
        later = [float(layer.triu(1)[:, :-1].sum(-1).mean()) for layer in weights]
        np.testing.assert_allclose(found.later_share, later, atol=1e-5)


def test_only_patterns_that_lift_causality_give_weight_to_later_words(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    for pattern in PATTERNS:
        share = run(tiny, batch, MaskSpec(pattern=pattern, width=3, first=4, sentence=1)).later_share
        assert (share > 0.05).all() == (pattern in ("bidirectional", "prefix"))
        assert (share == 0).all() == (pattern not in ("bidirectional", "prefix"))


def test_one_token_has_a_next_word_and_no_surprise(tiny) -> None:
    found = run(tiny, encode(tiny.tokenizer, TEXTS), MaskSpec(pattern="bidirectional", sentence=2))
    assert found.probabilities.sum() == pytest.approx(1)
    assert np.isnan(found.bits).tolist() == [True]
    assert found.later_share.tolist() == [0] * tiny.layers


def test_another_pattern_keeps_the_rest_of_the_rule() -> None:
    spec = MaskSpec(width=7, weights={1: 0.5}, cells=frozenset({(2, 1)}), gap="close", sentence=1)
    assert under(spec, "window") == replace(spec, pattern="window")
