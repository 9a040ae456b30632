"""How numbers read, in sentences and in figures alike. Imports nothing: `model_utils`, `viz` and `pages` all may use it."""

from __future__ import annotations

import math

_SMALLEST = 0.0001


def percent(share: float) -> str:
    """Return a share as a percentage with two significant digits: `27 %`, `4.3 %`, `0.043 %`; `<0.01 %` below 0.0001; `NaN`."""
    if math.isnan(share):  # of a row that reads nothing
        return "NaN"
    if share == 0:
        return "0 %"
    if abs(share) < _SMALLEST:
        return "<0.01 %"
    value = float(f"{share * 100:.2g}")
    decimals = max(1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f} %"
