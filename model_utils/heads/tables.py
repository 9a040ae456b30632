"""What the pictures of heads show, as tables. Axes: L layer, H head, T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model_utils.heads.measures import MEASURES
from model_utils.masks.mask import CAUSES

if TYPE_CHECKING:
    from model_utils.heads.measures import Measures
    from model_utils.models.forward import AttentionMaps


def measures_table(measures: Measures) -> pd.DataFrame:
    """Return one row per head, by layer and head: `layer`, `head`, then MEASURES, empty where the text gives none."""
    layer, head = (index.ravel() for index in np.indices(measures.leak.shape))
    return pd.DataFrame(
        {"layer": layer, "head": head} | {name: getattr(measures, name).ravel().copy() for name in MEASURES}
    )


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
