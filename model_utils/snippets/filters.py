"""The lines of transformers code that draw a token: warpers, their import, and the draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.generate.filter_settings import SamplingSettings


def warpers(settings: SamplingSettings) -> list[tuple[str, str]]:
    """Return each filter that `settings` use, in their order: its name, and the call that makes its warper.

    Greedy is "keep the likeliest"; the other filters have no effect on it.
    """
    if settings.greedy:
        return [("greedy", "TopKLogitsWarper(1)")]
    return [(one.name, one.call(settings)) for one in settings.on]


def warper_import(calls: Iterable[str], *more: str) -> str:
    """Return the line that imports from transformers what `calls` make, and `more`; empty where that is nothing."""
    names = sorted({call.partition("(")[0] for call in calls} | set(more))
    return f"from transformers import {', '.join(names)}\n" if names else ""


DRAW = '''

def draw(scores, seed, sample, step):
    """Score [V] plus Gumbel noise, the largest wins: a draw from the softmax. Equal names are equal noise."""
    stream = np.random.Generator(np.random.Philox(key=[seed, sample], counter=[0, 0, 0, step]))
    noise = -np.log(-np.log(np.maximum(stream.random(len(scores)), 2.0**-54)))
    return int((scores.double().numpy() + noise).argmax())
'''
