"""Heads made by hand, each doing one thing, and heads of random rows under any mask."""

from __future__ import annotations

import numpy as np

from model_utils.models.forward import AttentionMaps

# Ten tokens of which six come again; each follower of an earlier copy stands two places back or more.
IDS = np.array([7, 1, 2, 3, 1, 2, 3, 1, 2, 9])
PREVIOUS, UNIFORM, INDUCTION, IDENTITY, COPY = range(5)


def maps_of(weights: np.ndarray, visible: np.ndarray | None = None) -> AttentionMaps:
    """Return the maps of `weights[L, H, T, T]` under a mask that leaves `visible[T, T]`, else the causal one."""
    T = weights.shape[-1]
    cause = np.where(np.tril(np.ones((T, T), bool)) if visible is None else visible, 0, 4).astype(np.uint8)
    return AttentionMaps(weights=weights, cause=cause, causes={"causal": cause > 0})


def heads_by_hand(ids: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return one layer of heads that each do one thing; what cannot do it reads the first token."""
    T = len(ids)
    weights = np.zeros((1, 5, T, T), dtype)
    for q in range(T):
        copies = [k for k in range(q) if ids[k] == ids[q]]
        weights[0, PREVIOUS, q, max(q - 1, 0)] = 1
        weights[0, UNIFORM, q, : q + 1] = 1 / (q + 1)
        weights[0, INDUCTION, q, copies[-1] + 1 if copies else 0] = 1
        weights[0, IDENTITY, q, q] = 1
        weights[0, COPY, q, copies[-1] if copies else 0] = 1
    return weights


def random_maps(rng: np.random.Generator, T: int, visible: np.ndarray | None = None) -> AttentionMaps:
    """Return 2 x 3 heads whose rows are softmaxes over what is visible; a row without anything is uniform."""
    seen = np.tril(np.ones((T, T), bool)) if visible is None else visible
    scores = np.where(seen, rng.normal(0, 3, (2, 3, T, T)), -1e9)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return maps_of((weights / weights.sum(-1, keepdims=True)).astype(np.float32), seen)


def padded_maps(weights: np.ndarray, pads: int = 0) -> AttentionMaps:
    """Return the maps of `weights[L, H, T, T]` under a causal mask with `pads` pads on the left."""
    T = weights.shape[-1]
    future, padding = np.triu(np.ones((T, T), bool), 1), np.broadcast_to(np.arange(T) < pads, (T, T)).copy()
    cause = np.where(padding, 1, np.where(future, 4, 0)).astype(np.uint8)
    return AttentionMaps(weights=weights, cause=cause, causes={"padding": padding, "causal": future})
