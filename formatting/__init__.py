"""How numbers read, in sentences and in figures alike. Imports nothing: `model_utils`, `viz` and `pages` all may use it."""

from __future__ import annotations

import math

_SMALLEST = 0.0001
_ROUNDING = 1e-6  # what a share that is the whole may lack, as a sum of float32
_SIGN = "\N{NO-BREAK SPACE}%"  # a line does not break before it


def percent(share: float) -> str:
    """Return a share as a percentage with two significant digits: `27 %`, `4.3 %`, `0.043 %`; `<0.01 %` below 0.0001; `NaN`.

    Less than the whole never reads as 100 %: it has as many digits as what it lacks, `99.8 %`, up to `>99.99 %`.
    """
    if math.isnan(share):  # of a row that reads nothing
        return "NaN"
    if share == 0:
        return f"0{_SIGN}"
    if abs(share) < _SMALLEST:
        return f"<0.01{_SIGN}"
    if 0.995 <= share < 1 - _ROUNDING:
        lacking = 1 - share
        if lacking < _SMALLEST:
            return f">99.99{_SIGN}"
        return f"{share * 100:.{-math.floor(math.log10(lacking * 100))}f}{_SIGN}"
    value = float(f"{share * 100:.2g}")
    decimals = max(1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f}{_SIGN}"
