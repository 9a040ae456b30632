"""A mask's way into the model, step by step, with the shape at each. Axes: B sentence, T token, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_utils.masks.mask import FILLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask
    from model_utils.tokens.batch import TokenBatch


@dataclass(frozen=True, kw_only=True, eq=False)
class BroadcastStep:
    """One step: its name, the line of code that makes it, what it is in words, its values, whose shape is the point."""

    name: str
    code: str
    caption: str
    values: NDArray[np.float32]

    @property
    def shape(self) -> str:
        """Return the shape as `[3, 1, 1, 8]`."""
        return str(list(self.values.shape))


def broadcast_steps(batch: TokenBatch, mask: Mask, *, fill: str = "min") -> tuple[BroadcastStep, ...]:
    """Return the steps from the tokenizer's `[B, T]` to what is added to the scores, `[B, 1, T, T]`.

    `mask` is the combination that the model runs with, `fill` a key of FILLS. The old way of the lectures,
    `(1 - mask) * -10000`, is the third step; GPT-2's first releases added it to scores whose future was blocked apart.
    """
    given = batch.attention_mask.astype(np.float32)  # (B, T)
    wide = given[:, None, None, :]  # (B, 1, 1, T)
    allowed = (mask.visible > 0).astype(np.float32)[:, None]  # (B, 1, Q, K)
    return (
        BroadcastStep(
            name="as given",
            code="attention_mask",
            caption="One number per token: 1 is read, 0 is a pad.",
            values=given,
        ),
        BroadcastStep(
            name="two axes more",
            code="attention_mask[:, None, None, :]",
            caption="The same numbers with room for heads and rows: every head and every row shares them.",
            values=wide,
        ),
        BroadcastStep(
            name="to be added",
            code="(1 - attention_mask[:, None, None, :]) * -10000",
            caption="As the lectures write it: nothing is added to a real word's score, -10,000 to a pad's.",
            values=(1 - wide) * -10_000 + 0.0,
        ),
        BroadcastStep(
            name="with causal",
            code="allowed = (causal & padding & hand)[:, None]",
            caption="Every row gets its own line, and what one mask blocks stays blocked.",
            values=allowed,
        ),
        BroadcastStep(
            name="added",
            code="added = torch.where(allowed, log_weight, FILL)",
            caption="What is added to the scores of every head: 0 changes nothing, the fill value leaves a chance of 0.",
            values=mask.bias(FILLS[fill]),
        ),
    )


def number(value: float) -> str:
    """Return an additive number as a reader sees it: `0`, `-3.4e38`, `-10000`, `-∞`, else two figures."""
    if value == 0:
        return "0"
    if np.isneginf(value):
        return "-∞"
    if value <= -1e6:
        return f"{value:.1e}".replace("e+", "e")
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2g}"
