"""Rollout equals its paper's definition, worked out by hand; means are means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.heads.rollout import layer_mean, overall_mean, rollout
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.masks.receptive_field import NEVER, receptive_field
from model_utils.models.forward import AttentionMaps, attention_maps
from model_utils.tokens.batch import encode


def maps_of(weights: np.ndarray) -> AttentionMaps:
    T = weights.shape[-1]
    return AttentionMaps(weights=weights, cause=np.zeros((T, T), np.uint8), causes={})


# Two layers of two heads on three tokens; in the other order their product is another.
TOY = np.array(
    [
        [[[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0]], [[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]]],
        [[[1, 0, 0], [0.6, 0.4, 0], [0, 0.8, 0.2]], [[1, 0, 0], [0.2, 0.8, 0], [0, 0.4, 0.6]]],
    ],
    np.float32,
)


def test_rollout_of_two_layers_by_hand():
    """Means over heads, halved, half the identity added, the second layer times the first."""
    first = [[1, 0, 0], [0.25, 0.75, 0], [0.125, 0.25, 0.625]]
    # The second layer is [1, 0, 0], [0.2, 0.8, 0], [0, 0.3, 0.7]. Its last row times the first layer:
    # 0.3 x [0.25, 0.75, 0] + 0.7 x [0.125, 0.25, 0.625].
    second = [[1, 0, 0], [0.4, 0.6, 0], [0.1625, 0.4, 0.4375]]
    found = rollout(maps_of(TOY))
    assert found.shape == (2, 3, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [first, second], atol=1e-6)


def test_means_by_hand():
    maps = maps_of(TOY)
    np.testing.assert_allclose(layer_mean(maps, 0), [[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.5, 0.25]], atol=1e-6)
    np.testing.assert_allclose(layer_mean(maps, 1)[2], [0, 0.6, 0.4], atol=1e-6)
    np.testing.assert_allclose(overall_mean(maps)[2], [0.125, 0.55, 0.325], atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 8)),
    half=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_sum_to_1_and_the_future_stays_empty(shape, half, seed):
    layers, heads, T = shape
    weights = np.tril(np.random.default_rng(seed).random((layers, heads, T, T)) + 1e-3)
    weights /= weights.sum(-1, keepdims=True)
    maps = maps_of(weights.astype(np.float16 if half else np.float32))
    found = rollout(maps)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    assert (np.triu(found, 1) == 0).all()
    for mean in (overall_mean(maps), layer_mean(maps, 0)):
        assert mean.dtype == np.float32
        np.testing.assert_allclose(mean.sum(-1), 1, atol=2e-3 if half else 1e-5)


def test_a_mean_of_halves_is_not_rounded_to_a_half():
    pair = np.array([0.5, 0.5 + 2**-11], np.float16).reshape(1, 2, 1, 1)
    assert layer_mean(maps_of(pair), 0)[0, 0] == overall_mean(maps_of(pair))[0, 0] == 0.5 + 2**-12


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_sentence_rolls_out_as_if_alone(tiny, side):
    batch = encode(tiny.tokenizer, ("My dog is", "I want to eat a big bowl of"), side=side)
    real = slice(batch.first(0), batch.last(0) + 1)
    padded = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))[0]
    single = batch.alone(0)
    (alone,) = attention_maps(tiny, single, build_mask(MaskSpec(), single))
    np.testing.assert_allclose(rollout(padded)[:, real, real], rollout(alone), atol=1e-5)
    np.testing.assert_allclose(overall_mean(padded)[real, real], overall_mean(alone), atol=1e-5)


def test_under_a_window_rollout_comes_as_far_as_reach_says(tiny):
    """What no path of visible cells leads to has no part in a row, and whatever one leads to has."""
    batch = encode(tiny.tokenizer, (" one two three four five six seven eight",))
    mask = build_mask(MaskSpec(pattern="window", width=2), batch)
    (maps,) = attention_maps(tiny, batch, mask)
    np.testing.assert_array_equal(rollout(maps)[2] > 0, receptive_field(mask, 0, 3) != NEVER)
