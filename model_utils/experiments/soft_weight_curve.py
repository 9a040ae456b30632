"""The soft mask on one key: a bias on its score, and the share of the row that it keeps. Axes: H head, T token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.trace import OneLayer
from model_utils.models.forward import LayerTrace, forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

# Weights at which the model is run for the dots on the curve; the chosen one joins them.
DOTS = (1.0, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One row of one head of layer 0, read-only: the scores `[T]` that it really had, and which keys it may read."""

    head: int
    scores: NDArray[np.float64]  # (T,)
    bias: NDArray[np.float64]  # (T,) what the mask adds, without any weight on the key
    key: int

    def share(self, added: float) -> float:
        """Return the key's share of the row when `added` is put on its score, all other scores as they are."""
        masked = self.scores + self.bias
        masked[self.key] += added
        parts = np.exp(masked - masked.max())
        return float(parts[self.key] / parts.sum())


def row(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, cell: tuple[int, int]) -> Row:
    """Return the row of the head of layer 0 that reads the key most; `cell` is (query, key), real tokens from 0."""
    query, key = cell
    open_spec = without(spec, key)
    trace = _layer(loaded, batch, open_spec)
    q, k = (batch.first(spec.sentence) + token for token in (query, key))
    head = int(trace.weights[0, :, q, k].argmax())
    bias = build_mask(open_spec, batch).bias()[spec.sentence, 0, q]
    return Row(head=head, scores=trace.scores[0, head, q].double().numpy(), bias=bias.astype(np.float64), key=k)


def measured(
    loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, cell: tuple[int, int], *, head: int, weight: float
) -> float:
    """Return the key's share in a real run of the model with `weight` on the key of `cell`: layer 0, `head`."""
    query, key = cell
    pairs = {**dict(spec.pairs), key: weight}
    trace = _layer(loaded, batch, replace(spec, weights=pairs))
    q, k = (batch.first(spec.sentence) + token for token in (query, key))
    return float(trace.weights[0, head, q, k])


def without(spec: MaskSpec, key: int) -> MaskSpec:
    """Return `spec` with no weight on `key`."""
    return replace(spec, weights={token: weight for token, weight in spec.pairs if token != key})


def _layer(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> LayerTrace:
    """Return what layer 0 computed on `spec.sentence`."""
    trace = OneLayer(0)
    one = slice(spec.sentence, spec.sentence + 1)
    forward(loaded, batch.input_ids, build_mask(spec, batch), rows=one, trace=trace, logits="none")
    return trace[0]
