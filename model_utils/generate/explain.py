"""One step in words: why the top token was or was not drawn, what each filter left, why a text ended. Plain text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from model_utils.generate.filters import FILTERS, SamplingSettings

if TYPE_CHECKING:
    from model_utils.generate.step import Step

SAYING = "Filters decide who may enter the draw; dice decide who wins."


def percent(share: float) -> str:
    """Return a share as a percentage with two digits that count, such as `27 %`, `0.43 %`, `<0.001 %`."""
    if 0 < share < 0.00001:
        return "<0.001 %"
    value = share * 100
    digits = 0 if value >= 9.95 or value == 0 else 1 if value >= 0.995 else 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f} %"


def letter(name: str) -> str:
    """Return the letter that stands for a filter in `order`."""
    return next(letter for letter, one in FILTERS.items() if one == name)


def filter_name(name: str, settings: SamplingSettings) -> str:
    """Return a filter with its setting, such as `top-k 50`."""
    if name == "greedy":
        return "greedy: only the likeliest"
    value = {"k": settings.top_k, "p": settings.top_p, "m": settings.min_p}[letter(name)]
    return f"{name} {value:g}"


def describe(settings: SamplingSettings) -> str:
    """Return the settings as a reader names them, such as `temperature 1, top-k 50, top-p 0.95, seed 0`."""
    if settings.greedy:
        return "temperature 0 (greedy)"
    parts = [f"temperature {settings.temperature:g}"]
    parts.append("top-k off" if settings.off("k") else f"top-k {settings.top_k}")
    parts.append("top-p off" if settings.off("p") else f"top-p {settings.top_p:g}")
    if not settings.off("m"):
        parts.append(f"min-p {settings.min_p:g}")
    if settings.order != SamplingSettings.order:
        parts.append(f"order {settings.order}")
    return ", ".join([*parts, f"seed {settings.seed}"])


def why(step: Step, settings: SamplingSettings, label: Callable[[int], str]) -> str:
    """Return why the likeliest token was or was not drawn; `label` gives a token id's readable text."""
    found = step.candidates
    top, drawn = label(int(found.ids[0])), label(step.token_id)
    probability, after = percent(float(found.before[0])), percent(float(found.after[0]))
    if step.instead_of is not None:
        had = "greedy would have taken" if settings.greedy else "the dice had fallen on"
        return (
            f"You took “{drawn}” ({percent(step.probability)} of the chances, number {step.rank:,}); {had} "
            f"“{label(step.instead_of)}”. From here on the text goes its own way."
        )
    if settings.greedy:
        return (
            f"“{top}” was the likeliest ({probability} of the model's chances), and greedy always takes it: "
            "at temperature 0 filters and dice have no effect."
        )
    whose = "of the model's chances" if settings.off("t") else f"of the chances at temperature {settings.temperature:g}"
    if step.stages[-1].kept == 1:
        return f"“{drawn}” ({probability} {whose}) was the only word that the filters left: the dice had no choice."
    start = f"“{top}” was the likeliest ({probability} {whose}, {after} after the filters)"
    if step.rank == 1:
        return f"{start}, and the dice took it. {SAYING}"
    return (
        f"{start}, but the dice fell on “{drawn}”, number {step.rank:,} "
        f"({percent(step.probability)}, {percent(step.probability_after)} after). {SAYING}"
    )


def funnel(step: Step, settings: SamplingSettings, vocabulary: int) -> str:
    """Return how many words each filter left, with their share of the probabilities before the filters."""
    if settings.greedy:
        return f"{vocabulary:,} words → 1 taken (greedy), with {percent(step.stages[-1].mass)} of the chances."
    parts, left = [f"{vocabulary:,} words"], vocabulary
    for stage in step.stages:
        if settings.off(letter(stage.filter)):
            continue
        asleep = " (asleep: it cuts none here)" if stage.kept == left else ""
        parts.append(f"{stage.kept:,} after {stage.filter}{asleep}")
        left = stage.kept
    if len(parts) == 1:
        return f"{vocabulary:,} words, no filter: every one of them may be drawn."
    return " → ".join(parts) + f", with {percent(step.stages[-1].mass)} of the chances."


def uncertainty(step: Step) -> str:
    """Return the entropy before and after the filters, also as a number of equal words."""
    before, after = step.entropy_before, step.entropy_after
    return (
        f"Uncertainty {before:.1f} bits → {after:.1f} bits: like choosing among {2**before:,.0f} equal words, "
        f"then among {2**after:,.0f}."
    )


def ending(step: Step, context: int) -> str:
    """Return why a text ended with this step, as a sentence; empty when it goes on or has its full length."""
    if step.stop == "end" and step.instead_of is not None:
        return f"Ended at step {step.number + 1}, where end-of-text was taken by hand; it fills with pads from there."
    if step.stop == "end":
        return f"Ended by itself at step {step.number + 1}: it drew end-of-text and fills with pads from there."
    if step.stop == "context":
        return f"Stopped at step {step.number + 1}: this model reads {context:,} tokens in all, prompt included."
    return ""
