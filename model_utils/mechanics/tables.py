"""What the figures of faulty masks show, as tables to take home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_utils.mechanics.wrong_masks import Damage, Spread


def fill_value_table(
    read: Mapping[str, NDArray[np.float32]], blocked: Mapping[str, NDArray[np.float32]], labels: Sequence[str]
) -> pd.DataFrame:
    """Return the weight of every key under each fill, a line each: in a row that reads something, in one all blocked."""
    return pd.DataFrame(
        [
            {"row": row, "fill": fill, "key": key, "key_token": labels[key], "weight": weight}
            for row, rows in (("as it is", read), ("all blocked", blocked))
            for fill, weights in rows.items()
            for key, weight in enumerate(weights.tolist())
        ]
    )


def ways_table(found: Mapping[str, Damage], labels: Sequence[str], rows: slice) -> pd.DataFrame:
    """Return where the weight of each of `rows` lies, a line per way and row, and the sum that should be 1."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "way": way,
                    "query": range(len(labels))[rows],
                    "query_token": labels[rows],
                    "may_read": one.allowed[rows],
                    "later_words": one.later[rows],
                    "pads": one.pads[rows],
                    "hidden_by_hand": one.hand[rows],
                    "outside_pattern": one.pattern[rows],
                    "sum": one.total[rows],
                }
            )
            for way, one in found.items()
        ],
        ignore_index=True,
    )


def spread_table(found: Spread, labels: Sequence[str]) -> pd.DataFrame:
    """Return for each token, a line each, whether its row is NaN in every layer and in the next-word probabilities."""
    columns = {f"layer_{layer}": rows for layer, rows in enumerate(found.rows)}
    return pd.DataFrame({"token": labels, **columns, "next_words": found.logits})
