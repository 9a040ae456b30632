"""One head taken apart: what is recorded is what the model computed, and the chain of numbers multiplies out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_utils.masks.mask import FILLS, MaskSpec, build_mask
from model_utils.mechanics.trace import HeadTrace, cell_of, head_trace, record, row_of, share_on, unmasked
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import forward
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from tests.conftest import MISSION


@pytest.fixture(scope="module")
def head(tiny: LoadedModel, mission: TokenBatch) -> HeadTrace:
    """Return layer 3, head 1 on the first sentence: three pads, then `It will rain in the`."""
    return record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, layer=3, head=1)


SPECS = [
    ("left", MaskSpec()),
    ("right", MaskSpec(sentence=2)),
    ("left", MaskSpec(sentence=1, weights={2: 0.0, 4: 0.5}, cells=frozenset({(5, 1)}))),
    ("left", MaskSpec(pattern="window", width=3)),
    ("left", MaskSpec(pattern="bidirectional")),
]


@pytest.mark.parametrize(("side", "spec"), SPECS)
def test_recorded_scores_masked_scores_and_weights_are_the_models_own_to_the_last_bit(
    tiny: LoadedModel, side: str, spec: MaskSpec
) -> None:
    batch = encode(tiny.tokenizer, MISSION, side=side)  # type: ignore[arg-type]
    mask = build_mask(spec, batch)
    traces: list[LayerTrace] = []
    attentions = forward(tiny, batch.input_ids, mask, attentions=True, trace=traces).attentions
    for layer, trace in enumerate(traces):
        for number in range(tiny.heads):
            found = head_trace(trace, batch, mask, sentence=spec.sentence, head=number, row=spec.sentence)
            theirs = attentions[layer][spec.sentence, number]
            assert np.array_equal(found.weights, theirs.numpy())
            assert torch.equal(torch.softmax(torch.tensor(found.masked), -1), theirs)
            assert np.array_equal(found.scores + found.bias, found.masked)
            product = found.query.astype(np.float64) @ found.key.T.astype(np.float64) / np.sqrt(found.width)
            assert found.scores == pytest.approx(product, abs=1e-5)


def test_a_pass_of_its_own_records_one_layer_and_the_same_numbers(
    tiny: LoadedModel, mission: TokenBatch, head: HeadTrace
) -> None:
    traces: list[LayerTrace] = []
    mask = build_mask(MaskSpec(), mission)
    forward(tiny, mission.input_ids, mask, trace=traces, rows=slice(0, 1))
    whole = head_trace(traces[3], mission, mask, sentence=0, head=1)
    assert np.array_equal(head.weights, whole.weights)
    assert (head.first, head.last, head.width) == (3, 7, 48)


@pytest.mark.parametrize("query", [3, 5, 7])
def test_the_microscopes_chain_multiplies_out_to_the_models_weight(head: HeadTrace, query: int) -> None:
    for key in range(8):
        cell = cell_of(head, query, key)
        assert cell.dot == pytest.approx(cell.products.sum())
        assert cell.dot / np.sqrt(head.width) == pytest.approx(cell.score, abs=1e-5)
        assert np.float32(cell.score) + np.float32(cell.bias) == np.float32(cell.masked)
        assert np.exp(cell.masked - cell.largest) == pytest.approx(cell.exp)
        assert cell.exp / cell.total == pytest.approx(cell.weight, rel=1e-6)
        assert np.float32(cell.weight) == head.weights[query, key]
        if head.blocked[query, key]:
            assert (cell.exp, cell.weight) == (0, 0)


def test_the_rows_output_is_what_the_head_hands_on(tiny: LoadedModel, mission: TokenBatch, head: HeadTrace) -> None:
    caught: list[torch.Tensor] = []
    projection = tiny.model.transformer.h[3].attn.c_proj
    handle = projection.register_forward_hook(lambda module, given, made: caught.append(given[0]))
    try:
        forward(tiny, mission.input_ids, build_mask(MaskSpec(), mission), rows=slice(0, 1))
    finally:
        handle.remove()
    theirs = caught[0][0, 7, 48:96].numpy()  # head 1 of width 48
    row = row_of(head, 7)
    assert row.output == pytest.approx(theirs, abs=1e-6)
    assert row.mixed.sum(0) == pytest.approx(theirs, abs=1e-5)


def test_rows_of_words_are_the_same_to_the_last_bit_under_every_fill(head: HeadTrace) -> None:
    rows = head.real & ~head.empty_rows
    assert rows.sum() == 5
    for fill in FILLS:
        assert np.array_equal(head.under(fill)[1][rows], head.weights[rows])


def test_unmasked_attention_uses_the_same_scores_and_hides_nothing_but_pads(head: HeadTrace) -> None:
    free = unmasked(head)
    assert (free[:, :3] == 0).all()
    assert (free[3:, 3:] > 0).all()
    by_hand = np.exp(head.scores[4, 3:].astype(np.float64))
    assert free[4, 3:] == pytest.approx(by_hand / by_hand.sum(), rel=1e-5)
    future = np.triu(np.ones((8, 8), bool), 1)
    leak = free[3:][future[3:]].sum() / 5
    assert share_on(free, future, head.real) == pytest.approx(leak, rel=1e-5)
    assert share_on(head.weights, future, head.real) == 0


def test_a_softened_word_has_the_log_of_its_weight_in_the_mask(tiny: LoadedModel, mission: TokenBatch) -> None:
    mask = build_mask(MaskSpec(weights={1: 0.5}), mission)
    found = record(tiny, mission, mask, sentence=0, layer=0, head=0)
    plain = record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, layer=0, head=0)
    assert row_of(found, 7).bias[4] == pytest.approx(np.log(0.5))
    halved = plain.weights[7].astype(np.float64) * np.where(np.arange(8) == 4, 0.5, 1)
    assert found.weights[7] == pytest.approx(halved / halved.sum(), abs=1e-6)


@pytest.mark.parametrize(
    ("divisor", "name"),
    [(48**0.5, "√48"), (1 / 48**-0.5, "√48"), (3 * 48**0.5, "3·√48"), (12 * 48**0.5, "12·√48"), (1.0, ""), (3.0, "3")],
)
def test_the_divisor_is_written_as_readers_write_it(head: HeadTrace, divisor: float, name: str) -> None:
    assert head.width == 48
    assert head.divisor_name == "√48"
    assert replace(head, divisor=divisor).divisor_name == name


def test_scores_are_the_products_over_the_divisor(head: HeadTrace) -> None:
    products = head.query.astype(np.float64) @ head.key.T.astype(np.float64)
    np.testing.assert_allclose(head.scores, products / head.divisor, atol=1e-4)
