"""Is the answer independent of the batch? Axis letters: B sentence, T token, K read place, V vocabulary.

Right: a sentence in a padded batch gets the answer that it gets alone. GPT-2's `forward` gives it only when it gets
both the mask and the positions; it reports no error when it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from model_utils.limits import MAX_ATTENTION_MB, attention_megabytes
from model_utils.models.forward import forward
from model_utils.tokens.batch import token_label

if TYPE_CHECKING:
    from model_utils.models.loading import LoadedModel
    from model_utils.tokens.batch import TokenBatch

# What the model is given beside the ids.
NO_MASK, MASK_ONLY, MASK_AND_POSITIONS = GIVEN = ("no mask", "mask only", "mask and positions")

# Batch size changes the last bits of float32 logits (some 1e-5); a forgotten mask moves them by whole units.
TOLERANCE = 1e-3

# Next words shown of each answer.
TOP = 5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The model's next words: `words` are (label, probability), likeliest first.

    `logit_difference` is the largest absolute difference to the right answer's logits, `total_variation` half the sum of
    the absolute differences of all probabilities (0 to 1). Both are 0 for the right answer itself.
    """

    words: tuple[tuple[str, float], ...]
    logit_difference: float = 0.0
    total_variation: float = 0.0

    @property
    def same(self) -> bool:
        """Return whether this is the right answer up to the last bits of float32."""
        return self.logit_difference < TOLERANCE


@dataclass(frozen=True, kw_only=True)
class Independence:
    """One sentence's answer alone, and in the batch with each of GIVEN."""

    alone: Answer
    in_batch: Mapping[str, Answer]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One sentence's answer in the batch, read at its last real token and in the last column (a pad, on the right)."""

    right: Answer
    last_column: Answer


def passes(loaded: LoadedModel, batch: TokenBatch) -> tuple[range, ...]:
    """Return the rows that go through the model together: all, or one by one above MAX_ATTENTION_MB."""
    B, T = batch.size
    whole = attention_megabytes(loaded.layers, loaded.heads, T, B) <= MAX_ATTENTION_MB
    return (range(B),) if whole else tuple(range(b, b + 1) for b in range(B))


def operations(loaded: LoadedModel, tokens: int) -> float:
    """Return about how many multiplications and additions reading `tokens` tokens takes: two per parameter and token."""
    return 2.0 * loaded.parameters * tokens


def measure(loaded: LoadedModel, batch: TokenBatch, rows: range) -> tuple[Independence, ...]:
    """Return for each of `rows` its answer alone against its answer in the padded batch of these rows, in three ways."""
    alone = [_read(loaded, batch.alone(b), [0], [[len(batch.tokens[b]) - 1]], NO_MASK)[0, 0] for b in rows]
    columns = [[batch.last(b)] for b in rows]
    answers = {}
    for given in GIVEN:
        logits = _read(loaded, batch, list(rows), columns, given)[:, 0]  # (B, V)
        answers[given] = [_answer(loaded, one, right) for one, right in zip(logits, alone, strict=True)]
    return tuple(
        Independence(alone=_answer(loaded, alone[i]), in_batch={given: answers[given][i] for given in GIVEN})
        for i in range(len(rows))
    )


def readings(loaded: LoadedModel, batch: TokenBatch, rows: range) -> tuple[Reading, ...]:
    """Return for each of `rows` the answers at its last real token and in the last column, under mask and positions.

    The second is what `generate` goes on from.
    """
    columns = [[batch.last(b), batch.size[1] - 1] for b in rows]
    logits = _read(loaded, batch, list(rows), columns, MASK_AND_POSITIONS)  # (B, K, V)
    return tuple(Reading(right=_answer(loaded, row[0]), last_column=_answer(loaded, row[1], row[0])) for row in logits)


def _read(
    loaded: LoadedModel, batch: TokenBatch, rows: Sequence[int], columns: Sequence[Sequence[int]], way: str
) -> torch.Tensor:
    """Return the logits `[B, K, V]` of `rows` at `columns` alone: all T would take 0.8 GB for 16 x 256 tokens."""
    ids = batch.input_ids[list(rows)]  # (B, T)
    mask = None if way == NO_MASK else batch.attention_mask[list(rows)]  # (B, T)
    positions = batch.position_ids[list(rows)] if way == MASK_AND_POSITIONS else None  # (B, T)
    return forward(loaded, ids, mask, positions, logits=columns).logits.float()


def _answer(loaded: LoadedModel, logits: torch.Tensor, right: torch.Tensor | None = None) -> Answer:
    """Return the answer that `logits[V]` give, compared with those of the `right` answer."""
    probabilities = logits.softmax(-1)  # (V)
    top = probabilities.topk(min(TOP, len(probabilities)))
    words = tuple(
        (token_label(loaded.tokenizer, int(i)), float(probability))
        for i, probability in zip(top.indices, top.values, strict=True)
    )
    if right is None:
        return Answer(words=words)
    return Answer(
        words=words,
        logit_difference=float((logits - right).abs().max()),
        total_variation=float((probabilities - right.softmax(-1)).abs().sum() / 2),
    )
