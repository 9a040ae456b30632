"""The next word's distribution under a mask. Axis letters: B sentence, T token, V vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch


def next_probabilities(loaded: LoadedModel, batch: TokenBatch, mask: Mask) -> NDArray[np.float64]:
    """Return the probabilities `[B, V]` of every sentence's next token, read at its last real token; each row sums to 1.

    Only the read positions go through the output matrix: all T of them would be `[B, T, V]`, 800 MB for 16 x 256 tokens.
    """
    columns = [[batch.last(b)] for b in range(batch.size[0])]
    logits = forward(loaded, batch.input_ids, mask, logits=columns).logits[:, 0]  # (B, V)
    return np.asarray(torch.softmax(logits.double(), dim=-1).numpy())


def top_tokens(probabilities: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the ids of the `count` most probable tokens of `probabilities[V]`, best first, equal probabilities by smaller id."""
    if 0 < count < probabilities.size:  # to sort few is ten times as fast
        least = np.partition(probabilities, -count)[-count]
        found = np.flatnonzero(probabilities >= least)
        if found.size >= count:
            return found[np.lexsort((found, -probabilities[found]))[:count]]
    return np.lexsort((np.arange(probabilities.size), -probabilities))[:count]
