"""The loss of each word of a text, as in training. Axis letters: T token, V vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from model_utils.models.forward import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

LeaveOut = Literal["pads and first word", "pads", "nothing"]
LEFT_OUT = -100  # transformers' label for "does not count"


@dataclass(frozen=True, kw_only=True, eq=False)
class WordLosses:
    """What the model paid for each token of one padded sentence, read-only.

    `nats[T]` is minus the log of the probability that the column before gave to the token; the first column has none: NaN.
    `labels[T]` are the token ids, LEFT_OUT for pads and for a first word, which has nothing before it.
    `real[T]` is True for the columns of real tokens.
    """

    nats: NDArray[np.float64]  # (T,)
    labels: NDArray[np.int64]  # (T,)
    real: NDArray[np.bool_]  # (T,)

    def __post_init__(self) -> None:
        for array in (self.nats, self.labels, self.real):
            array.setflags(write=False)

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Return `[T]`: True where a token counts."""
        return np.asarray((self.labels != LEFT_OUT) & ~np.isnan(self.nats))

    @property
    def bits(self) -> NDArray[np.float64]:
        """Return `[T]` the losses in bits."""
        return np.asarray(self.nats / np.log(2))

    def mean(self, leave_out: LeaveOut = "pads and first word") -> float:
        """Return the mean loss in nats over the columns that are not left out; NaN when there is none."""
        columns = {"pads and first word": self.counts, "pads": self.real, "nothing": np.ones_like(self.real)}
        chosen = columns[leave_out] & ~np.isnan(self.nats)
        return float(self.nats[chosen].mean()) if chosen.any() else float("nan")


def labels_of(batch: TokenBatch, sentence: int) -> NDArray[np.int64]:
    """Return the labels `[T]` for training on `sentence`: LEFT_OUT for pads and for the first word.

    Leaving out the pads alone is not enough when they stand on the left: the first word would be predicted by a pad.
    """
    labels = np.where(batch.attention_mask[sentence] == 1, batch.input_ids[sentence], LEFT_OUT)
    labels[batch.first(sentence)] = LEFT_OUT
    return labels


@torch.inference_mode()
def word_losses(loaded: LoadedModel, batch: TokenBatch, mask: Mask, *, sentence: int) -> WordLosses:
    """Return the loss of every token of `sentence`, all positions from one pass (cross-entropy of the next token)."""
    logits = forward(loaded, batch.input_ids, mask, rows=slice(sentence, sentence + 1)).logits[0]  # (T, V)
    targets = torch.from_numpy(batch.input_ids[sentence, 1:].copy())  # (T - 1,)
    paid = torch.nn.functional.cross_entropy(logits[:-1].float(), targets, reduction="none")  # (T - 1,)
    real = batch.attention_mask[sentence] == 1
    return WordLosses(
        nats=np.concatenate([[np.nan], paid.double().numpy()]), labels=labels_of(batch, sentence), real=real
    )
