"""A mask as lines of a table, for those who take it home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from model_utils.masks import Mask
    from model_utils.tokens import TokenBatch


def table(mask: Mask, batch: TokenBatch, sentence: int) -> pd.DataFrame:
    """Return one line per cell of `sentence`: query, key, what the row may see, what is added, and every cause."""
    T = batch.size[1]
    query, key = (places.ravel() for places in np.indices((T, T)))
    labels = np.array(batch.labels(sentence), dtype=object)
    causes = {name: cells[sentence].ravel() for name, cells in mask.causes.items()}
    return pd.DataFrame(
        {
            "query": query,
            "query_token": labels[query],
            "key": key,
            "key_token": labels[key],
            "visible": mask.visible[sentence].ravel(),
            "added": mask.bias()[sentence, 0].ravel(),
            "blocked_by": [
                " and ".join(name for name, cells in causes.items() if cells[cell]) for cell in range(T * T)
            ],
        }
    )
