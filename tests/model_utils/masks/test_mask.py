"""A mask blocks what its rule blocks, for the reason that it gives, and equals transformers' own where that exists."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask

from model_utils.errors import InputError
from model_utils.masks.mask import CAUSE_CODE, CAUSES, FILL_MIN, MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import Side, TokenBatch, encode


def batch_of(tiny: LoadedModel, lengths: list[int], side: Side = "left") -> TokenBatch:
    return encode(tiny.tokenizer, tuple(" a" * n for n in lengths), side=side)


def transformers_mask(tiny: LoadedModel, batch: TokenBatch, window: int | None = None) -> np.ndarray:
    """Return transformers' own additive mask `[B, 1, T, T]` for eager attention."""
    config = copy.deepcopy(tiny.model.config)
    config._attn_implementation = "eager"
    make = create_causal_mask
    if window is not None:
        config.sliding_window = window
        make = create_sliding_window_causal_mask
    B, T = batch.size
    return make(
        config=config,
        inputs_embeds=torch.zeros(B, T, 4),
        attention_mask=torch.from_numpy(batch.attention_mask.copy()),
        past_key_values=None,
    ).numpy()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("window", [None, 1, 3, 20])
def test_causal_and_window_masks_with_padding_equal_those_of_transformers(tiny, side, window):
    batch = batch_of(tiny, [5, 8, 1], side)
    spec = MaskSpec() if window is None else MaskSpec(pattern="window", width=window)
    np.testing.assert_array_equal(build_mask(spec, batch).bias(), transformers_mask(tiny, batch, window))


def test_documents_split_as_transformers_splits_positions_that_restart(tiny):
    batch = encode(tiny.tokenizer, ("one two<|endoftext|>three four five<|endoftext|>six",))
    mask = build_mask(MaskSpec(pattern="documents"), batch)
    config = copy.deepcopy(tiny.model.config)
    config._attn_implementation = "eager"
    theirs = create_causal_mask(
        config=config,
        inputs_embeds=torch.zeros(1, batch.size[1], 4),
        attention_mask=None,
        past_key_values=None,
        position_ids=torch.from_numpy(mask.position_ids.copy()),
    )
    np.testing.assert_array_equal(mask.bias(), theirs.numpy())
    assert mask.position_ids.tolist() == [[0, 1, 0, 1, 2, 3, 0, 1]]


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    side=st.sampled_from(["left", "right"]),
    pattern=st.sampled_from(sorted(PATTERNS)),
    width=st.integers(1, 6),
    first=st.integers(0, 4),
    padding=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_cell_is_visible_or_has_a_cause_and_never_both(tiny, lengths, side, pattern, width, first, padding):
    batch = batch_of(tiny, lengths, side)
    mask = build_mask(MaskSpec(pattern=pattern, width=width, first=first, padding=padding), batch)
    blocked = np.any(list(mask.causes.values()), axis=0)
    np.testing.assert_array_equal(mask.visible == 0, blocked)
    np.testing.assert_array_equal(mask.cause > 0, blocked)
    for b, q, k in np.argwhere(blocked):
        named = [cause for cause in CAUSES if mask.causes[cause][b, q, k]]
        assert mask.cause[b, q, k] == CAUSE_CODE[named[0]]
    assert np.isfinite(mask.bias()).all()
    assert mask.bias().min(initial=0) in (0, np.float32(FILL_MIN))
    real = batch.attention_mask == 1
    expected = np.where(real, batch.position_ids, 0)
    np.testing.assert_array_equal(mask.position_ids, expected)


@pytest.mark.parametrize(
    ("spec", "rows"),
    [
        (MaskSpec(pattern="bidirectional"), ["1111", "1111", "1111", "1111"]),
        (MaskSpec(pattern="prefix", first=2), ["1100", "1100", "1110", "1111"]),
        (MaskSpec(pattern="window", width=2), ["1000", "1100", "0110", "0011"]),
        (MaskSpec(pattern="sink", width=2, first=1), ["1000", "1100", "1110", "1011"]),
        (MaskSpec(cells=frozenset({(3, 0), (2, 2)})), ["1000", "1100", "1100", "0111"]),
        (MaskSpec(weights={1: 0.0}), ["1000", "1000", "1010", "1011"]),
    ],
)
def test_patterns_and_hand_masks_of_four_tokens_by_hand(tiny, spec, rows):
    visible = build_mask(spec, batch_of(tiny, [4])).visible[0]
    assert ["".join(str(int(cell)) for cell in row) for row in visible] == rows


def test_first_tokens_are_counted_behind_the_pads(tiny):
    batch = batch_of(tiny, [3, 6])
    visible = build_mask(MaskSpec(pattern="sink", width=1, first=1), batch).visible[0]
    assert visible[5].tolist() == [0, 0, 0, 1, 0, 1]


def test_a_soft_weight_adds_its_logarithm_to_the_column_and_blocks_nothing(tiny):
    mask = build_mask(MaskSpec(weights={0: 0.5}), batch_of(tiny, [3]))
    assert mask.bias()[0, 0, :, 0] == pytest.approx(np.log(0.5))
    assert mask.cause[0].tolist() == [[0, 4, 4], [0, 0, 4], [0, 0, 0]]


def test_a_weight_too_small_for_float32_hides_its_token_and_names_the_cause(tiny):
    mask = build_mask(MaskSpec(weights={0: 1e-60}), batch_of(tiny, [2]))
    assert mask.causes["hand"][0, :, 0].all()


def test_minus_infinity_appears_only_when_asked_for(tiny):
    mask = build_mask(MaskSpec(weights={0: 0.0}), batch_of(tiny, [2, 4]))
    assert np.isfinite(mask.bias()).all()
    assert np.isneginf(mask.bias(-np.inf)).any()
    assert set(np.unique(mask.bias(-10000.0))) == {-10000.0, 0.0}


def test_rows_that_may_read_nothing_are_the_pads_on_the_left_and_those_behind_a_hidden_start(tiny):
    batch = batch_of(tiny, [3, 5])
    assert build_mask(MaskSpec(), batch).blocked_rows.tolist() == [[True, True, False, False, False], [False] * 5]
    hidden = build_mask(MaskSpec(weights={0: 0, 1: 0}, sentence=1), batch)
    assert hidden.blocked_rows[1].tolist() == [True, True, False, False, False]


def test_a_closed_gap_moves_later_positions_up_and_a_hole_keeps_them(tiny):
    batch = batch_of(tiny, [4])
    assert build_mask(MaskSpec(weights={1: 0}), batch).position_ids.tolist() == [[0, 1, 2, 3]]
    assert build_mask(MaskSpec(weights={1: 0}, gap="close"), batch).position_ids[0, 2:].tolist() == [1, 2]


def test_specs_that_differ_in_weights_alone_differ_in_hash_and_the_order_of_weights_and_cells_does_not_matter():
    a = MaskSpec(weights={1: 0.5, 0: 0.0}, cells=[(2, 1), (1, 0), (2, 1)])
    b = MaskSpec(weights=((0, 0.0), (1, 0.5)), cells=frozenset({(1, 0), (2, 1)}))
    assert a == b
    assert hash(a) == hash(b)
    assert a.cells == ((1, 0), (2, 1))
    assert hash(a) != hash(MaskSpec(weights={1: 0.25, 0: 0.0}, cells=b.cells))


def test_masks_cannot_be_changed(tiny):
    mask = build_mask(MaskSpec(), batch_of(tiny, [2]))
    with pytest.raises(ValueError, match="read-only"):
        mask.visible[0, 0, 0] = 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pattern": "diagonal"}, "choose one of causal"),
        ({"width": 0}, "Width 0 is too small"),
        ({"first": -1}, "First -1 is negative"),
        ({"gap": "fold"}, "choose hole or close"),
        ({"sentence": -1}, "Sentence -1"),
        ({"weights": {0: 1.5}}, "0:1.5"),
        ({"weights": {0: -0.1}}, "0:-0.1"),
        ({"weights": {0: float("nan")}}, "0:nan"),
        ({"weights": {-1: 0.5}}, "-1:0.5"),
        ({"weights": ((0, 0.5), (0, 1.0))}, "two mask values"),
        ({"cells": frozenset({(-1, 0)})}, "-1-0"),
    ],
)
def test_a_rule_out_of_bounds_is_refused_with_its_value(fields, words):
    with pytest.raises(InputError, match=words):
        MaskSpec(**fields)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (MaskSpec(weights={7: 0}), "token 7"),
        (MaskSpec(cells=frozenset({(7, 0)})), "token 7"),
        (MaskSpec(cells=frozenset({(0, 7)})), "token 7"),
        (MaskSpec(sentence=1, weights={0: 0}), "sentences 0 to 0"),
    ],
)
def test_a_hand_mask_for_a_token_or_sentence_that_is_not_there_is_refused(tiny, spec, words):
    with pytest.raises(InputError, match=words):
        build_mask(spec, batch_of(tiny, [2]))


def test_what_has_no_effect_in_a_rule_does_not_make_it_another() -> None:
    assert MaskSpec(width=9, first=5, sentence=2, gap="close").in_effect() == MaskSpec()
    assert MaskSpec(pattern="window", width=9, first=5).in_effect() == MaskSpec(pattern="window", width=9)
    by_hand = MaskSpec(weights={1: 0.0}, sentence=2, gap="close", width=9)
    assert by_hand.in_effect() == MaskSpec(weights={1: 0.0}, sentence=2, gap="close")
