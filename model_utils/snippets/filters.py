"""The expressions of transformers code that turn scores into the probabilities of a draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_utils.generate.filters import FILTERS

if TYPE_CHECKING:
    from model_utils.generate.filters import SamplingSettings


def warpers(settings: SamplingSettings) -> list[tuple[str, str]]:
    """Return each filter that `settings` uses, in their order: its name in FILTERS, and the call that makes its warper.

    Greedy is "keep the likeliest"; the other filters have no effect on it.
    """
    if settings.greedy:
        return [("greedy", "TopKLogitsWarper(1)")]
    calls = {
        "t": f"TemperatureLogitsWarper({float(settings.temperature)!r})",
        "k": f"TopKLogitsWarper({settings.top_k})",
        "p": f"TopPLogitsWarper({float(settings.top_p)!r})",
        "m": f"MinPLogitsWarper({settings.min_p!r})",
    }
    return [(FILTERS[letter], calls[letter]) for letter in settings.order if not settings.off(letter)]
