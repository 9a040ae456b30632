"""Under every pattern the model says what a GPT-2 written by hand says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from model_utils.experiments.pattern_runs import PATTERNS, run, under
from model_utils.experiments.surprisal import row_shifts
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import forward
from model_utils.tokens.batch import encode

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


@torch.inference_mode()
def by_hand(model, ids: list[int], positions: list[int], pattern: str) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return (log probabilities `[T, V]`, weights `[H, T, T]` of each layer) of GPT-2, written out (Radford et al. 2019)."""
    parts, T, heads = model.transformer, len(ids), model.config.n_head
    allowed = torch.tensor([[ALLOWED[pattern](q, k, ids) for k in range(T)] for q in range(T)])
    x, found = parts.wte(torch.tensor(ids)) + parts.wpe(torch.tensor(positions)), []  # (T, width)
    for block in parts.h:
        q, k, v = (
            one.view(T, heads, -1).transpose(0, 1) for one in block.attn.c_attn(block.ln_1(x)).chunk(3, -1)
        )  # (H, T, width of a head)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (H, T, T)
        weights = scores.masked_fill(~allowed, -math.inf).softmax(-1)
        found.append(weights)
        x = x + block.attn.c_proj((weights @ v).transpose(0, 1).reshape(T, -1))
        x = x + block.mlp(block.ln_2(x))
    return model.lm_head(parts.ln_f(x)).log_softmax(-1), found


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_equals_a_gpt2_written_by_hand(tiny, pattern) -> None:
    for sentence, side in enumerate(("left", "right")):
        batch = encode(tiny.tokenizer, TEXTS, side=side)
        ids = [token.id for token in batch.tokens[sentence]]
        restart = ids.index(50256) if pattern == "documents" and 50256 in ids else len(ids)
        positions = [*range(restart), *range(len(ids) - restart)]
        logs, weights = by_hand(tiny.model, ids, positions, pattern)
        found = run(tiny, batch, MaskSpec(pattern=pattern, width=3, first=2, sentence=sentence))
        np.testing.assert_allclose(found.probabilities, logs[-1].exp().numpy(), atol=2e-5)
        bits = -logs[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0] / math.log(2)
        assert math.isnan(found.bits[0])
        np.testing.assert_allclose(found.bits[1:], bits.numpy(), atol=1e-3)
        leak = [float(layer.triu(1)[:, :-1].sum(-1).mean()) for layer in weights]
        np.testing.assert_allclose(found.leak, leak, atol=1e-5)


def test_mean_surprise_is_the_loss_that_transformers_reports(tiny) -> None:
    batch = encode(tiny.tokenizer, (TEXTS[1],))
    ids = torch.from_numpy(batch.input_ids.copy())
    with torch.inference_mode():
        loss = tiny.model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
    assert np.nanmean(run(tiny, batch, MaskSpec()).bits) == pytest.approx(float(loss) / math.log(2), abs=1e-4)


def test_only_patterns_that_lift_causality_leak(tiny) -> None:
    batch = encode(tiny.tokenizer, TEXTS)
    for pattern in PATTERNS:
        leak = run(tiny, batch, MaskSpec(pattern=pattern, width=3, first=4, sentence=1)).leak
        assert (leak > 0.05).all() == (pattern in ("bidirectional", "prefix"))
        assert (leak == 0).all() == (pattern not in ("bidirectional", "prefix"))


def test_a_word_behind_a_row_that_reads_nothing_has_no_surprise(tiny) -> None:
    batch = encode(tiny.tokenizer, (TEXTS[1],))
    bits = run(tiny, batch, MaskSpec(weights={0: 0.0})).bits
    assert np.isnan(bits[:2]).all()
    assert not np.isnan(bits[2:]).any()


def test_one_token_has_a_next_word_and_no_surprise(tiny) -> None:
    found = run(tiny, encode(tiny.tokenizer, TEXTS), MaskSpec(pattern="bidirectional", sentence=2))
    assert found.probabilities.sum() == pytest.approx(1)
    assert np.isnan(found.bits).tolist() == [True]
    assert found.leak.tolist() == [0] * tiny.layers


def test_another_pattern_keeps_the_rest_of_the_rule() -> None:
    spec = MaskSpec(width=7, weights={1: 0.5}, cells=frozenset({(2, 1)}), gap="close", sentence=1)
    assert under(spec, "window") == replace(spec, pattern="window")


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
