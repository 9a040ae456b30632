"""Receptive fields: what each row depends on directly, through layers, never. Axis letters: Q query, K key, L layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.masks.mask import Mask

NEVER = -1


def receptive_field(mask: Mask, sentence: int, layers: int) -> NDArray[np.int16]:
    """Return `[Q, K]`: after how many layers query q depends on token k: 0 itself, 1 directly, NEVER within `layers`.

    A layer adds what a row reads to what the row already holds, so a row always keeps its own token. Each layer passes
    on what the rows it reads depended on before: paths in the graph of visible cells. A row that may read nothing is run
    all the same: with the smallest number as fill it reads every column alike, so here it depends on everything.
    """
    reads = (mask.visible[sentence] > 0).astype(np.float32)  # (Q, K)
    reads[mask.blocked_rows[sentence]] = 1
    seen = np.eye(len(reads), dtype=np.float32)
    after = np.where(seen > 0, 0, NEVER).astype(np.int16)
    for layer in range(1, layers + 1):
        now = ((seen + reads @ seen) > 0).astype(np.float32)
        new = (now > 0) & (seen == 0)
        if not new.any():
            break
        after[new] = layer
        seen = now
    return after
