"""Three things that "0.5 in the mask" has meant. Axis letters: L layer, H head, T token, V vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from model_utils.masks.mask import FILL_MIN, MaskSpec, build_mask
from model_utils.models.forward import check_sentence_size, forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

Way = Literal["none", "today", "formula", "log"]
WAYS: tuple[Way, ...] = ("none", "today", "formula", "log")


@dataclass(frozen=True, kw_only=True, eq=False)
class Softened:
    """What the model computed one way: `weights[L, H, T]` of the last row, and the next word's `probabilities[V]`."""

    way: Way
    weights: NDArray[np.float64]  # (L, H, T)
    probabilities: NDArray[np.float64]  # (V,)


def soften(loaded: LoadedModel, alone: TokenBatch, tokens: Sequence[int], weight: float) -> tuple[Softened, ...]:
    """Return what `weight` on `tokens` of one sentence does, in each of WAYS, each really run, positions kept.

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
    return tuple(_run(loaded, alone, way, masks[way]) for way in WAYS)


def _run(loaded: LoadedModel, alone: TokenBatch, way: Way, mask: NDArray[np.float32]) -> Softened:
    out = forward(loaded, alone.input_ids, mask, alone.position_ids, attentions=True, logits="last")
    weights = torch.stack([layer[0, :, -1] for layer in out.attentions])  # (L, H, T)
    probabilities = torch.softmax(out.logits[0, -1].double(), dim=-1)  # (V,)
    return Softened(way=way, weights=weights.double().numpy(), probabilities=probabilities.numpy())


def reweighted(row: NDArray[np.float64], tokens: Sequence[int], weight: float) -> NDArray[np.float64]:
    """Return `row[..., T]` with the weights of `tokens` multiplied by `weight` and the row divided by its new sum."""
    scaled = row.copy()
    scaled[..., list(tokens)] *= weight
    return np.asarray(scaled / scaled.sum(-1, keepdims=True))
