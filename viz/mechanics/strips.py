"""What one row of one head is drawn from. Axis letters: K key, W width of a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Strips:
    """What the strips of one row show; one number per key.

    `labels` are plain text, `causes` `[K]` truth values without overlaps, `largest` what exp subtracts, `total` the sum
    of exp, `mixed` `[K, W]` weight x value, `output` `[W]` its sum.
    """

    labels: Sequence[str]
    causes: Mapping[str, NDArray[np.bool_]]
    score: NDArray[Any]
    masked: NDArray[Any]
    exp: NDArray[Any]
    weight: NDArray[Any]
    mixed: NDArray[Any]
    output: NDArray[Any]
    largest: float
    total: float

    @property
    def blocked(self) -> NDArray[np.bool_]:
        """Return `[K]`: True where a key may not be read."""
        return np.asarray(np.any(list(self.causes.values()), axis=0))

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Return `[K]`: True where a key gives nothing. In a row that is blocked throughout the fill decides: nowhere."""
        return self.blocked & (not self.blocked.all())
