"""The lines of transformers code that draw a token: warpers, their import, and the draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings


def warpers(settings: SamplingSettings) -> list[tuple[str, str]]:
    """Return each processor and filter that `settings` use, in their order: its name, and the call that makes it.

    Greedy is "keep the likeliest"; the other filters have no effect on it. Calls of processors name `prompt_length` and
    ENDS, and the function of `BAD_WORDS`, where they need them.
    """
    greedy = [("greedy", "TopKLogitsWarper(1)")] if settings.greedy else []
    return [(one.name, one.call(settings)) for one in settings.acting] + greedy


def shifting(settings: SamplingSettings) -> list[str]:
    """Return the calls of those that cut no token, in their order: the repetition penalty and the temperature."""
    return [one.call(settings) for one in settings.shifting]


def bad_words_lines(settings: Iterable[SamplingSettings]) -> str:
    """Return the function that calls of the bad words need; empty where there are none."""
    return BAD_WORDS if any(one.bad_words for one in settings) else ""


def warper_import(calls: Iterable[str], *more: str) -> str:
    """Return the line that imports from transformers what `calls` make, and `more`; empty where that is nothing."""
    names = sorted({call.partition("(")[0] for call in calls} | set(more))
    return f"from transformers import {', '.join(names)}\n" if names else ""


BAD_WORDS = '''

def with_and_without_space(words):
    """The tokens of each word, without a space before it and with one."""
    spelled = [space + word for word in words for space in ("", " ")]
    return [tokenizer(one, add_special_tokens=False)["input_ids"] for one in spelled]

'''

DRAW = '''

def draw(scores, seed, sample, step):
    """Score [V] plus Gumbel noise, the largest wins: a draw from the softmax. Equal names are equal noise."""
    stream = np.random.Generator(np.random.Philox(key=[seed, sample], counter=[0, 0, 0, step]))
    noise = -np.log(-np.log(np.maximum(stream.random(len(scores)), 2.0**-54)))
    return int((scores.double().numpy() + noise).argmax())
'''
