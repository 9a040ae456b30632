"""What the pictures of heads show, as tables. Axes: L layer, H head, T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model_utils.errors import InputError
from model_utils.heads.measures import MEASURES
from model_utils.masks.mask import CAUSES

if TYPE_CHECKING:
    from model_utils.heads.measures import Measures
    from model_utils.models.forward import AttentionMaps


def measures_table(measures: Measures, by: str | None = None, *, ascending: bool = False) -> pd.DataFrame:
    """Return one row per head: `layer`, `head`, then MEASURES, empty where the text gives none.

    In the order of layers and heads, or sorted `by` one of the columns, largest first unless `ascending`; heads that
    are equal stay in order. Raises InputError for an unknown column.
    """
    layer, head = (index.ravel() for index in np.indices(measures.leak.shape))
    frame = pd.DataFrame(
        {"layer": layer, "head": head} | {name: getattr(measures, name).ravel().copy() for name in MEASURES}
    )
    if by is None:
        return frame
    if by not in frame:
        raise InputError(f"Heads have no measure {by!r}: sort by one of {', '.join(map(str, frame))}.")
    return frame.sort_values(by, ascending=ascending, kind="stable", ignore_index=True)


def weights_table(maps: AttentionMaps, labels: Sequence[str], layer: int, head: int) -> pd.DataFrame:
    """Return one head's cells, one per row: query and key as column and label, the weight (empty where blocked), why."""
    T = len(labels)
    query, key = (index.ravel() for index in np.indices((T, T)))
    cause = maps.cause.ravel()
    weights = maps.weights[layer, head].astype(np.float32).ravel()
    return pd.DataFrame(
        {
            "query": query,
            "query_token": np.asarray(labels, dtype=object)[query],
            "key": key,
            "key_token": np.asarray(labels, dtype=object)[key],
            "weight": np.where(cause > 0, np.nan, weights),
            "blocked_by": np.asarray(["", *CAUSES], dtype=object)[cause],
        }
    )
