"""A mask as lines of a table, for those who take it home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_utils.masks.mask import Mask


def table(mask: Mask, labels: Sequence[str], sentence: int) -> pd.DataFrame:
    """Return one line per cell of `sentence`: query, key, what the row may see, what is added, and every cause."""
    T = len(labels)
    query, key = (places.ravel() for places in np.indices((T, T)))
    names = np.array(labels, dtype=object)
    causes = {name: cells[sentence].ravel() for name, cells in mask.causes.items()}
    return pd.DataFrame(
        {
            "query": query,
            "query_token": names[query],
            "key": key,
            "key_token": names[key],
            "visible": mask.visible[sentence].ravel(),
            "added": mask.bias()[sentence, 0].ravel(),
            "blocked_by": [
                " and ".join(name for name, cells in causes.items() if cells[cell]) for cell in range(T * T)
            ],
        }
    )
