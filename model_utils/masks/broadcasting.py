"""A mask's way into the model, step by step, with the shape at each. Axes: B sentence, T token, Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_utils.masks.mask import FILLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask


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


def broadcast_steps(mask: Mask, *, fill: str = "min") -> tuple[BroadcastStep, ...]:
    """Return the steps from the tokenizer's `[B, T]` to what is added to the scores, `[B, 1, T, T]`.

    `mask` is the combination that the model runs with, `fill` a key of FILLS. The last one is not of the chain: it is the old
    way of the lectures, `(1 - mask) * -10000`; GPT-2's first releases added it to scores whose future was blocked apart.
    """
    given = _given(mask)  # (B, T)
    wide = given[:, None, None, :]  # (B, 1, 1, T)
    allowed = (mask.visible > 0).astype(np.float32)[:, None]  # (B, 1, Q, K)
    return (
        BroadcastStep(
            name="as given",
            code="attention_mask",
            caption="One number per token: 1 may be read, 0 is a pad or a hidden word.",
            values=given,
        ),
        BroadcastStep(
            name="two axes more",
            code="attention_mask[:, None, None, :]",
            caption="Step 1 as [sentences, heads, rows, tokens]: every head and every row shares these numbers.",
            values=wide,
        ),
        BroadcastStep(
            name="per row",
            code="allowed = attention_mask[:, None, None, :].bool() & pattern & ~cells",
            caption="Step 2 and the pattern (causal unless another is chosen), less the single cells blocked by hand: "
            "1 where a row may read.",
            values=allowed,
        ),
        BroadcastStep(
            name="added",
            code="added = torch.where(allowed, log_m, FILL)",
            caption="Step 3 as it is added to the scores: log m, the logarithm of the word's mask value, where step 3 is 1 "
            "(m is 1 and log m is 0, unless the word is softened); the fill value where it is 0.",
            values=mask.bias(FILLS[fill]),
        ),
        BroadcastStep(
            name="old way",
            code="(1 - attention_mask[:, None, None, :]) * -10000",
            caption="From step 2 too, as the lectures and early releases of transformers write it: 0 is added for a word, "
            "-10,000 for a pad or a hidden word. The causal mask was applied apart.",
            values=(1 - wide) * -10_000 + 0.0,
        ),
    )


def _given(mask: Mask) -> NDArray[np.float32]:
    """Return the 2-D mask `[B, T]` that says what `mask` says of whole tokens: 0 for pads and hidden words."""
    blocked = mask.causes["padding"] | mask.causes["hand"]  # (B, Q, K)
    return np.where(blocked.all(1), np.float32(0), np.float32(1))


def number(value: float) -> str:
    """Return an additive number as a reader sees it: `0`, `-3.4e38`, `-10000`, `-∞`, else two figures."""
    if value == 0:
        return "0"
    if np.isneginf(value):
        return "-∞"
    if value <= -1e6:
        return f"{value:.1e}".replace("e+", "e")
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2g}"
