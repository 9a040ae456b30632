"""The model run under one pattern after another. Axis letters: L layer, N real token, V vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.experiments.surprisal import last_hidden_states, later_weight_share, row_probabilities, surprise_bits
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.masks.patterns import PATTERNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch


@dataclass(frozen=True, kw_only=True, eq=False)
class PatternRun:
    """What the model predicts on one sentence under one mask, read-only.

    `probabilities[V]` of the next word; `bits[N]`, the surprise of each real token (NaN where no row predicts it);
    `later_share[L]`, the share of weight on later tokens.
    """

    probabilities: NDArray[np.float64]  # (V,)
    bits: NDArray[np.float64]  # (N,)
    later_share: NDArray[np.float64]  # (L,)

    def __post_init__(self) -> None:
        for array in (self.probabilities, self.bits, self.later_share):
            array.setflags(write=False)


@torch.inference_mode()
def run(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> PatternRun:
    """Return what the model predicts on `spec.sentence` in its padded batch, from one forward pass under its mask."""
    mask, sentence = build_mask(spec, batch), spec.sentence
    lifted = bool(PATTERNS[spec.pattern].lifts)
    hidden, weights = last_hidden_states(loaded, batch, mask, sentence, attentions=lifted)
    last = batch.last(sentence)
    return PatternRun(
        probabilities=next(row_probabilities(loaded, hidden[last : last + 1]))[0].numpy(),
        bits=surprise_bits(loaded, batch, mask, sentence, hidden),
        later_share=later_weight_share(weights, batch, mask, sentence) if lifted else np.zeros(loaded.layers),
    )


def under(spec: MaskSpec, pattern: str) -> MaskSpec:
    """Return `spec` with another pattern; hand mask, padding and gap stay: the pattern alone makes a difference."""
    return replace(spec, pattern=pattern)
