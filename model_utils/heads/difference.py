"""The difference of two maps: two heads, or one head under two masks. Axes: Q query, K key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_utils.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The smallest end of a scale of differences. Without it two equal maps would show their rounding in full colour; half
# precision rounds weights by up to 0.0005.
LEAST_LIMIT = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Difference:
    """One map less another: signed `values[Q, K]`, read-only, on a scale from -`limit` to `limit` with 0 in its middle.

    `limit` is the largest difference either way, and never less than LEAST_LIMIT.
    """

    values: NDArray[np.float32]  # (Q, K)
    limit: float

    def __post_init__(self) -> None:
        self.values.setflags(write=False)


def difference(one: NDArray[Any], other: NDArray[Any]) -> Difference:
    """Return the Difference `one` - `other` of two maps of equal shape, of any precision.

    NaN in either stays NaN and does not widen the scale: put it into cells whose numbers mean nothing, such as the row of
    a token that may read nothing. Raises InputError for shapes that differ.
    """
    if one.shape != other.shape:
        raise InputError(
            f"One map is {_size(one)} tokens and the other {_size(other)}: only maps of one sentence, or of sentences of "
            "equal length, can be subtracted."
        )
    values = one.astype(np.float32) - other.astype(np.float32)  # (Q, K)
    largest = float(np.max(np.abs(values), initial=0, where=~np.isnan(values)))
    return Difference(values=values, limit=max(largest, LEAST_LIMIT))


def _size(cells: NDArray[Any]) -> str:
    return " x ".join(map(str, cells.shape))
