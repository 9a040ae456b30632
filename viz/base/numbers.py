"""How numbers of either sign look: as text, and as colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.theme import ramp_colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.base.theme import CauseStyle, Palette


def signed(value: float) -> str:
    """Return `value` with two significant figures and a true minus; `−∞`, `NaN` and an exact `0` as they are."""
    if np.isnan(value):
        return "NaN"
    if value == 0:
        return "0"
    sign, size = ("−" if value < 0 else ""), abs(value)
    if np.isinf(size):
        return f"{sign}∞"
    if size >= 99_999.5 or size < 0.00095:
        mantissa, power = f"{size:.1e}".split("e")
        return f"{sign}{mantissa}e{int(power)}".replace("e-", "e−")
    size = float(f"{size:.1e}")  # rounded first: 0.996 becomes 1.0, not 1.00
    if size >= 100:
        return f"{sign}{size:,.0f}"
    return f"{sign}{size:.{max(0, 1 - int(np.floor(np.log10(size) + 1e-9)))}f}"


def precise(value: float) -> str:
    """Return `value` with all the figures that a float32 holds."""
    return f"{value:.9g}".replace("-", "−").replace("inf", "∞").replace("nan", "NaN")


def signed_scale(palette: Palette) -> list[tuple[float, str]]:
    """Return the colour scale of numbers of either sign: grey below zero, paper at zero, blue above."""
    return [(0.0, palette.muted), (0.5, palette.paper), (1.0, palette.ramp[5])]


def hatch(look: CauseStyle, size: float = 8) -> dict[str, Any]:
    """Return the bar pattern of one cause, its marks `size` px apart."""
    return {"shape": look.pattern, "fgcolor": look.mark, "bgcolor": look.tint, "size": size, "solidity": look.solidity}


def reach(values: NDArray[Any]) -> tuple[float, float]:
    """Return the ends of an axis that holds `values` and zero."""
    low, high = min(0.0, float(np.min(values))), max(0.0, float(np.max(values)))
    return (low, high) if high > low else (low, low + 1)


def size_in_column(text: str, keys: int) -> int:
    """Return the font size at which `text` fits into one of `keys` columns of a strip."""
    room = 17 if keys <= 12 else 14
    return 18 if len(text) <= 4 and keys <= 12 else room - 2 * max(0, len(text) - 5)


def bar_colours(name: str, values: NDArray[Any], palette: Palette) -> list[str]:
    """Return the colour of each bar: the weight's own on the common scale, else by sign."""
    if name == "weight":
        return [ramp_colour(palette, 0.0 if np.isnan(value) else float(value) ** 0.5) for value in values]
    return [palette.muted if value < 0 else palette.ramp[4] for value in values]
