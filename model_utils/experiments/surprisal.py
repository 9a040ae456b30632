"""What every row of a sentence predicts: its surprise in bits, and how far it moves.

Axis letters: L layer, H head, T token, N real token, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_utils.models.forward import check_sentence_size, forward, output_logits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

# Rows that go through the output matrix at once: 64 x 50,257 probabilities in double precision are 26 MB.
ROWS_AT_ONCE = 64


def last_hidden_states(
    loaded: LoadedModel, batch: TokenBatch, mask: Mask, sentence: int, *, attentions: bool = False
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Return (last hidden states `[T, width]`, L attentions `[1, H, T, T]` or none) of one sentence under `mask`."""
    if attentions:
        check_sentence_size(loaded.layers, loaded.heads, batch.size[1])
    one = slice(sentence, sentence + 1)
    out = forward(loaded, batch.input_ids, mask, rows=one, attentions=attentions, logits="none")
    return out.hidden[0], out.attentions


@torch.inference_mode()
def row_probabilities(loaded: LoadedModel, hidden: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield the probabilities `[up to ROWS_AT_ONCE, V]` of the rows of `hidden[N, width]`, in order, in double precision."""
    for rows in torch.split(hidden, ROWS_AT_ONCE):
        yield torch.softmax(output_logits(loaded, rows).double(), dim=-1)


@torch.inference_mode()
def surprise_bits(
    loaded: LoadedModel, batch: TokenBatch, mask: Mask, sentence: int, hidden: torch.Tensor
) -> NDArray[np.float64]:
    """Return `[N]` the surprise -log2 p of each real token, as the row before it predicts it (Shannon 1948, section 6).

    `hidden[T, width]` are `last_hidden_states` under the same mask. NaN for the first token, which no row predicts, and
    where the row before may read nothing at all, so that its numbers mean nothing.
    """
    first, last = batch.first(sentence), batch.last(sentence)
    ids = torch.from_numpy(batch.input_ids[sentence, first + 1 : last + 1].copy())  # (N - 1,)
    bits = np.full(last - first + 1, np.nan)
    found = [
        probabilities.gather(1, wanted[:, None])[:, 0]
        for probabilities, wanted in zip(
            row_probabilities(loaded, hidden[first:last]), torch.split(ids, ROWS_AT_ONCE), strict=True
        )
    ]
    if found and len(ids):
        bits[1:] = -np.log2(np.maximum(torch.cat(found).numpy(), np.finfo(np.float64).tiny))
        bits[1:][mask.blocked_rows[sentence, first:last]] = np.nan
    return bits


@torch.inference_mode()
def new_token_bits(loaded: LoadedModel, prompt: Sequence[int], new: Sequence[int], mask: Mask) -> tuple[float, ...]:
    """Return the surprise -log2 p of each token of `new` behind `prompt`, by the model itself in one pass.

    `mask` is a policy's mask of the step at which the last of them is drawn.
    """
    hidden = forward(loaded, [[*prompt, *new[:-1]]], mask, logits="none").hidden[0, len(prompt) - 1 :]  # (N, width)
    rows = zip(row_probabilities(loaded, hidden), torch.split(torch.tensor(new), ROWS_AT_ONCE), strict=True)
    found = torch.cat([probabilities.gather(1, wanted[:, None])[:, 0] for probabilities, wanted in rows])
    return tuple((-found.clamp(min=torch.finfo(torch.float64).tiny).log2()).tolist())


@torch.inference_mode()
def row_shifts(loaded: LoadedModel, batch: TokenBatch, before: Mask, after: Mask, sentence: int) -> NDArray[np.float64]:
    """Return `[N]` the total variation, 0 to 1, between each real row's next-word probabilities under two masks."""
    real = slice(batch.first(sentence), batch.last(sentence) + 1)
    one, other = (last_hidden_states(loaded, batch, mask, sentence)[0][real] for mask in (before, after))
    pairs = zip(row_probabilities(loaded, one), row_probabilities(loaded, other), strict=True)
    return np.concatenate([((p - q).abs().sum(-1) / 2).numpy() for p, q in pairs])


def later_weight_share(
    weights: tuple[torch.Tensor, ...], batch: TokenBatch, mask: Mask, sentence: int
) -> NDArray[np.float64]:
    """Return `[L]` the share of its weight that a row gives to later tokens, mean over heads and real rows, per layer.

    `weights` are L attentions `[1, H, T, T]`. Rows that may read nothing are left out, and so is the last row: no token
    stands behind it, so it could only dilute the share.
    """
    first, last = batch.first(sentence), batch.last(sentence)
    rows = [row for row in range(first, last) if not mask.blocked_rows[sentence, row]]
    if not rows:
        return np.zeros(len(weights))
    return np.array([float(torch.triu(layer[0], diagonal=1)[:, rows].sum(-1).mean()) for layer in weights])
