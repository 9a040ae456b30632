"""A weight between 0 and 1 on a token: what "0.5 in the mask" has meant, and the share of a row that a key keeps.

Axis letters: L layer, H head, T token, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from model_utils.masks.mask import FILL_MIN, MaskSpec, build_mask
from model_utils.mechanics.trace import OneLayer
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import check_sentence_size, forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

SoftMaskKind = Literal["none", "today", "formula", "log"]
SOFT_MASK_KINDS: tuple[SoftMaskKind, ...] = ("none", "today", "formula", "log")

# Weights at which the model is run for the dots on the curve of shares; the chosen one joins them.
CURVE_WEIGHTS = (1.0, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftMaskRun:
    """What the model computed under one kind of mask: `weights[L, H, T]` of the last row, the next word's probabilities."""

    kind: SoftMaskKind
    weights: NDArray[np.float64]  # (L, H, T)
    probabilities: NDArray[np.float64]  # (V,)


def run_soft_masks(
    loaded: LoadedModel, alone: TokenBatch, tokens: Sequence[int], weight: float
) -> tuple[SoftMaskRun, ...]:
    """Return what `weight` on `tokens` of one sentence does under each of SOFT_MASK_KINDS, really run, positions kept.

    `none`: no mask but the causal one. `today`: a 2-D mask that holds `weight`, handed to transformers, which makes it
    a boolean. `formula`: what older releases added to the scores, (1 - mask) * min. `log`: log(weight) added to the
    scores, which multiplies the unnormalised weight by `weight`. Raises InputError for a sentence too long for its
    attention (see limits.MAX_SENTENCE_MB).
    """
    T = alone.size[1]
    check_sentence_size(loaded.layers, loaded.heads, T)
    flat = np.ones((1, T), dtype=np.float32)
    flat[0, list(tokens)] = weight
    causal = build_mask(MaskSpec(), alone).bias()  # (1, 1, T, T)
    # Cells that are blocked already are left alone: min + min would be minus infinity.
    added = np.where(causal == 0, ((1 - flat) * np.float32(FILL_MIN))[:, None, None, :], causal)
    logs = build_mask(MaskSpec(weights=dict.fromkeys(tokens, weight)), alone).bias()
    masks = {"none": causal, "today": flat, "formula": added, "log": logs}
    return tuple(_run(loaded, alone, kind, masks[kind]) for kind in SOFT_MASK_KINDS)


def _run(loaded: LoadedModel, alone: TokenBatch, kind: SoftMaskKind, mask: NDArray[np.float32]) -> SoftMaskRun:
    out = forward(loaded, alone.input_ids, mask, alone.position_ids, attentions=True, logits="last")
    weights = torch.stack([layer[0, :, -1] for layer in out.attentions])  # (L, H, T)
    probabilities = torch.softmax(out.logits[0, -1].double(), dim=-1)  # (V,)
    return SoftMaskRun(kind=kind, weights=weights.double().numpy(), probabilities=probabilities.numpy())


def reweighted(row: NDArray[np.float64], tokens: Sequence[int], weight: float) -> NDArray[np.float64]:
    """Return `row[..., T]` with the weights of `tokens` multiplied by `weight` and the row divided by its new sum."""
    scaled = row.copy()
    scaled[..., list(tokens)] *= weight
    return np.asarray(scaled / scaled.sum(-1, keepdims=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftRow:
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


def soft_row(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, cell: tuple[int, int]) -> SoftRow:
    """Return the row of the head of layer 0 that reads the key most; `cell` is (query, key), real tokens from 0."""
    query, key = cell
    open_spec = without_weight(spec, key)
    trace = _first_layer(loaded, batch, open_spec)
    q, k = (batch.first(spec.sentence) + token for token in (query, key))
    head = int(trace.weights[0, :, q, k].argmax())
    bias = build_mask(open_spec, batch).bias()[spec.sentence, 0, q]
    return SoftRow(head=head, scores=trace.scores[0, head, q].double().numpy(), bias=bias.astype(np.float64), key=k)


def share_in_run(
    loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec, cell: tuple[int, int], *, head: int, weight: float
) -> float:
    """Return the key's share in a real run of the model with `weight` on the key of `cell`: layer 0, `head`."""
    query, key = cell
    trace = _first_layer(loaded, batch, replace(spec, weights={**dict(spec.pairs), key: weight}))
    q, k = (batch.first(spec.sentence) + token for token in (query, key))
    return float(trace.weights[0, head, q, k])


def without_weight(spec: MaskSpec, key: int) -> MaskSpec:
    """Return `spec` with no weight on `key`."""
    return replace(spec, weights={token: weight for token, weight in spec.pairs if token != key})


@torch.inference_mode()
def _first_layer(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> LayerTrace:
    """Return what layer 0 computed on `spec.sentence`."""
    trace = OneLayer(0)
    one = slice(spec.sentence, spec.sentence + 1)
    forward(loaded, batch.input_ids, build_mask(spec, batch), rows=one, trace=trace, logits="none")
    return trace[0]
