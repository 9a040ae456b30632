"""Many heads as one map: their means, and attention rollout through the layers. Axes: L layer, H head, Q query, K key.

Every map keeps the padded columns and shows the model as it ran: the row of a pad, or of a token that may read nothing,
holds numbers that mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.forward import AttentionMaps


def layer_mean(maps: AttentionMaps, layer: int) -> NDArray[np.float32]:
    """Return `[Q, K]`: the mean of the weights of all heads of one layer; rows sum to 1."""
    return np.asarray(maps.weights[layer].mean(0, dtype=np.float32))


def overall_mean(maps: AttentionMaps) -> NDArray[np.float32]:
    """Return `[Q, K]`: the mean of the weights of all heads of all layers; rows sum to 1."""
    mean = np.zeros(maps.weights.shape[2:], np.float32)
    for layer in range(len(maps.weights)):
        mean += layer_mean(maps, layer)
    return mean / np.float32(len(maps.weights))


def rollout(maps: AttentionMaps) -> NDArray[np.float32]:
    """Return `[L, Q, K]`: how much of token k is in row q after each layer, if attention and nothing else moved it.

    Attention rollout (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3): the heads' mean,
    plus the identity for the residual connection, rows renormalised (0.5 W + 0.5 I), multiplied through the layers.
    Rows sum to 1. It leaves out values, MLPs and layer norms, and takes half for what the residual stream keeps. A cell
    that the mask blocks need not be 0: what a row may not read can come to it through another row. Float32: 50 MB for 12
    layers at 1,024 tokens, beside which one layer's mean and its product are held.
    """
    L, _, T, _ = maps.weights.shape
    rolled = np.empty((L, T, T), np.float32)
    for layer in range(L):
        mixed = layer_mean(maps, layer)  # (Q, K)
        mixed[np.diag_indices(T)] += 1
        mixed /= mixed.sum(-1, keepdims=True)
        rolled[layer] = mixed @ rolled[layer - 1] if layer else mixed
    return rolled
