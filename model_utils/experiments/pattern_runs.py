"""The model run under one pattern after another. Axis letters: L layer, N real token, V vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import torch

from model_utils.experiments.surprisal import leak, read, row_probabilities, surprise_bits
from model_utils.masks.mask import MaskSpec, Pattern, build_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
LIFTING: tuple[Pattern, ...] = ("bidirectional", "prefix")  # those that let a word read later ones


@dataclass(frozen=True, kw_only=True, eq=False)
class PatternRun:
    """What the model says of one sentence under one mask, read-only.

    `probabilities[V]` of the next word; `bits[N]`, the surprise of each real token (NaN where no row predicts it); `leak[L]`,
    the share of weight on later tokens.
    """

    probabilities: NDArray[np.float64]  # (V,)
    bits: NDArray[np.float64]  # (N,)
    leak: NDArray[np.float64]  # (L,)

    def __post_init__(self) -> None:
        for array in (self.probabilities, self.bits, self.leak):
            array.setflags(write=False)


@torch.inference_mode()
def run(loaded: LoadedModel, batch: TokenBatch, spec: MaskSpec) -> PatternRun:
    """Return what the model says of `spec.sentence` in its padded batch, from one forward pass under its mask."""
    mask, sentence = build_mask(spec, batch), spec.sentence
    lifted = spec.pattern in LIFTING
    hidden, weights = read(loaded, batch, mask, sentence, attentions=lifted)
    last = batch.last(sentence)
    return PatternRun(
        probabilities=next(row_probabilities(loaded, hidden[last : last + 1]))[0].numpy(),
        bits=surprise_bits(loaded, batch, mask, sentence, hidden),
        leak=leak(weights, batch, mask, sentence) if lifted else np.zeros(loaded.layers),
    )


def under(spec: MaskSpec, pattern: Pattern) -> MaskSpec:
    """Return `spec` with another pattern; hand mask, padding and gap stay: the pattern alone makes a difference."""
    return replace(spec, pattern=pattern)
