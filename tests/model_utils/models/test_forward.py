"""Attention is transformers' own to the last bit, and exactly 0 where the mask blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2LMHeadModel

from model_utils.errors import InputError
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models import forward as models_forward
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import attention_maps, check_sentence_size, forward, head_outputs, output_logits
from model_utils.models.registry import BUNDLED_FOLDER
from model_utils.tokens.batch import encode


@pytest.mark.parametrize("side", ["left", "right"])
def test_attentions_and_logits_equal_eager_attention_to_the_last_bit(tiny, mission, side):
    eager = GPT2LMHeadModel.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
    batch = encode(tiny.tokenizer, mission.texts, side=side)
    with torch.inference_mode():
        theirs = eager(
            input_ids=torch.from_numpy(batch.input_ids.copy()),
            attention_mask=torch.from_numpy(batch.attention_mask.copy()),
            position_ids=torch.from_numpy(batch.position_ids.copy()),
            output_attentions=True,
            use_cache=False,  # a cache lays keys and values out anew, and products then differ in the last bit
        )
    ours = forward(tiny, batch.input_ids, build_mask(MaskSpec(), batch), attentions=True)
    assert torch.equal(ours.logits, theirs.logits)
    assert all(torch.equal(a, b) for a, b in zip(ours.attentions, theirs.attentions, strict=True))


def test_a_trace_reproduces_the_models_weights_from_query_key_and_mask(tiny, mission):
    mask, trace = build_mask(MaskSpec(), mission), list[LayerTrace]()
    weights = forward(tiny, mission.input_ids, mask, attentions=True, trace=trace).attentions
    assert len(trace) == tiny.layers
    for step, layer in zip(trace, weights, strict=True):
        scores = step.query @ step.key.transpose(-1, -2) * step.query.shape[-1] ** -0.5
        assert torch.equal(scores, step.scores)
        assert torch.equal(step.scores + torch.from_numpy(mask.bias()), step.masked)
        assert torch.equal(torch.softmax(step.masked, -1), step.weights)
        assert torch.equal(step.weights, layer)


@pytest.mark.parametrize(
    ("wanted", "columns"),
    [("last", [[7]] * 3), ("none", [[]] * 3), ([[7, 0], [3, 7], [5, 6]], [[7, 0], [3, 7], [5, 6]])],
)
def test_logits_of_some_columns_are_those_of_all_and_belong_to_the_hidden_states(tiny, mission, wanted, columns):
    mask = build_mask(MaskSpec(), mission)
    whole = forward(tiny, mission.input_ids, mask)
    some = forward(tiny, mission.input_ids, mask, logits=wanted)
    assert some.logits.shape == (3, len(columns[0]), 50257)
    assert torch.equal(some.hidden, whole.hidden)
    for b, places in enumerate(columns):
        torch.testing.assert_close(some.logits[b], whole.logits[b, places], atol=1e-4, rtol=1e-5)
        torch.testing.assert_close(output_logits(tiny, some.hidden[b, places]), some.logits[b], atol=1e-4, rtol=1e-5)
    assert (some.attentions, some.cache) == ((), None)


def test_ids_masks_and_positions_in_every_form_give_what_transformers_gives(tiny, mission):
    given = {
        "input_ids": mission.input_ids,
        "attention_mask": mission.attention_mask,
        "position_ids": mission.position_ids,
    }
    given = {name: torch.tensor(one) for name, one in given.items()}
    with torch.inference_mode():
        bare = tiny.model(given["input_ids"], use_cache=False).logits
        masked = tiny.model(**given, use_cache=False).logits
    assert torch.equal(forward(tiny, mission.input_ids.tolist()).logits, bare)
    assert torch.equal(forward(tiny, *given.values()).logits, masked)
    mask = build_mask(MaskSpec(), mission)
    assert torch.equal(forward(tiny, mission.input_ids, mask).logits, masked)
    assert torch.equal(forward(tiny, mission.input_ids, mask.bias(), mask.position_ids).logits, masked)
    one = forward(tiny, mission.input_ids, mask, rows=slice(2, 3))
    torch.testing.assert_close(one.logits[0], masked[2], atol=1e-4, rtol=1e-5)


def test_a_pass_goes_on_from_the_keys_and_values_of_an_earlier_one(tiny, mission):
    ids = mission.input_ids[1:2]
    first = forward(tiny, ids[:, :5], use_cache=True, logits="none")
    second = forward(tiny, ids[:, 5:], positions=[[5, 6, 7]], use_cache=True, cache=first.cache)
    assert second.cache.get_seq_length() == 8
    torch.testing.assert_close(second.logits, forward(tiny, ids).logits[:, 5:], atol=1e-4, rtol=1e-5)


def test_the_heads_outputs_add_up_to_what_the_layer_adds(tiny, mission):
    trace, caught = list[LayerTrace](), {}
    hook = tiny.model.transformer.h[3].attn.register_forward_hook(lambda *made: caught.update(made=made[2][0]))
    forward(tiny, mission.input_ids, trace=trace, logits="none")
    hook.remove()
    mixed = trace[3].weights @ trace[3].value  # (B, H, Q, W)
    added = (mixed @ head_outputs(tiny, 3)).sum(1) + tiny.model.transformer.h[3].attn.c_proj.bias
    torch.testing.assert_close(added, caught["made"], atol=1e-5, rtol=1e-4)


@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    side=st.sampled_from(["left", "right"]),
    pattern=st.sampled_from(["causal", "bidirectional", "prefix", "window", "sink", "documents"]),
    width=st.integers(1, 5),
    first=st.integers(0, 4),
)
@settings(max_examples=15, deadline=None)
def test_rows_that_see_anything_sum_to_one_and_blocked_cells_are_exactly_zero(
    tiny, lengths, side, pattern, width, first
):
    batch = encode(tiny.tokenizer, tuple(" a<|endoftext|>"[: 2 if n % 2 else 15] * n for n in lengths), side=side)
    mask = build_mask(MaskSpec(pattern=pattern, width=width, first=first), batch)
    sees = ~mask.blocked_rows  # (B, Q)
    for layer in forward(tiny, batch.input_ids, mask, attentions=True, logits="none").attentions:
        weights = layer.numpy().transpose(0, 2, 1, 3)  # (B, Q, H, K)
        np.testing.assert_allclose(weights[sees].sum(-1), 1, atol=1e-5)
        blocked = (mask.visible == 0) & sees[:, :, None]  # (B, Q, K)
        assert (weights.transpose(0, 1, 3, 2)[blocked] == 0).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_row_has_the_weights_and_logits_of_the_sentence_alone(tiny, mission, side):
    batch = encode(tiny.tokenizer, mission.texts, side=side)
    padded = forward(tiny, batch.input_ids, build_mask(MaskSpec(), batch), attentions=True)
    for b in range(batch.size[0]):
        alone = batch.alone(b)
        own = forward(tiny, alone.input_ids, build_mask(MaskSpec(), alone), attentions=True)
        real = slice(batch.first(b), batch.last(b) + 1)
        torch.testing.assert_close(padded.logits[b, real], own.logits[0], atol=1e-4, rtol=1e-5)
        for layer, own_layer in zip(padded.attentions, own.attentions, strict=True):
            torch.testing.assert_close(layer[b][:, real, real], own_layer[0], atol=1e-5, rtol=0)


def test_maps_of_one_sentence_equal_those_of_the_batch_and_are_read_only(tiny, mission):
    mask = build_mask(MaskSpec(), mission)
    every = attention_maps(tiny, mission, mask)
    (one,) = attention_maps(tiny, mission, mask, sentence=2)
    assert one.weights.shape == (8, 8, 8, 8)
    np.testing.assert_allclose(one.weights, every[2].weights, atol=1e-5)
    np.testing.assert_array_equal(one.cause, mask.cause[2])
    assert one.causes["padding"][0, 0]
    with pytest.raises(ValueError, match="read-only"):
        one.weights[0, 0, 0, 0] = 1


def test_large_maps_are_kept_in_half_precision(tiny, mission, monkeypatch):
    mask = build_mask(MaskSpec(), mission)
    full = attention_maps(tiny, mission, mask)[1].weights
    monkeypatch.setattr(models_forward, "FULL_PRECISION_MB", 0)
    half = attention_maps(tiny, mission, mask)[1].weights
    assert (full.dtype, half.dtype) == (np.float32, np.float16)
    np.testing.assert_allclose(half, full, atol=5e-4)
    assert ((half == 0) | ~(mask.cause[1] > 0)).all()


def test_a_sentence_too_large_for_memory_is_refused_with_both_numbers_and_a_length_that_fits():
    with pytest.raises(InputError, match=r"1,024 tokens.*5,033 MB; 2,048 MB.*653 tokens"):
        check_sentence_size(48, 25, 1024)
    check_sentence_size(48, 25, 653)
    check_sentence_size(24, 16, 1024)
