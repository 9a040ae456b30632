"""The next word's distribution under a mask. Axis letters: B sentence, T token, V vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.models.loading import LoadedModel
    from model_utils.masks.mask import Mask
    from model_utils.tokens.batch import TokenBatch


@torch.inference_mode()
def next_probabilities(loaded: LoadedModel, batch: TokenBatch, mask: Mask) -> NDArray[np.float64]:
    """Return the probabilities `[B, V]` of every sentence's next token, read at its last real token; each row sums to 1.

    Only the read positions go through the output matrix: all T of them would be `[B, T, V]`, 800 MB for 16 x 256 tokens.
    """
    hidden = loaded.model.transformer(
        input_ids=torch.from_numpy(batch.input_ids.copy()),
        attention_mask=torch.from_numpy(mask.bias()),
        position_ids=torch.from_numpy(mask.position_ids.copy()),
        use_cache=False,
    ).last_hidden_state  # (B, T, width)
    rows = torch.arange(batch.size[0])
    columns = torch.tensor([batch.last(b) for b in range(batch.size[0])])
    logits = loaded.model.lm_head(hidden[rows, columns])  # (B, V)
    return np.asarray(torch.softmax(logits.double(), dim=-1).numpy())


def top_tokens(probabilities: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the ids of the `count` most probable tokens of `probabilities[V]`, best first, equal probabilities by smaller id."""
    return np.lexsort((np.arange(probabilities.size), -probabilities))[:count]
