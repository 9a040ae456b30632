"""One step in words: why the top token was or was not drawn, what each filter left, why a text ended. Plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from formatting import percent
from model_utils.generate.filters.filter_settings import BY_NAME, CUTS, FILTERS, GENERATE_ORDER

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings
    from model_utils.generate.step import Step

# What a processor's ban reads like where there is no n-gram to name.
_BANS = {"bad words": "a bad word", "min new tokens": "too early to end"}

SUMMARY = "Filters decide which tokens may be drawn; chance decides which one is."


def filter_name(name: str, settings: SamplingSettings) -> str:
    """Return a filter, by its name in CUTS, with its setting, such as `top-k 50`."""
    return "greedy: only the likeliest" if name == "greedy" else BY_NAME[name].named(settings)


def ban(by: str, token_id: int, text: Sequence[int], settings: SamplingSettings, label: Callable[[int], str]) -> str:
    """Return why a processor, by its name in CUTS, bans a token behind `text`; empty for a filter.

    Such as `banned: would repeat “a son”`.
    """
    if by not in BY_NAME or not BY_NAME[by].processor:
        return ""
    if by in _BANS:
        return f"banned: {_BANS[by]}"
    size = settings.no_repeat_ngram_size - 1
    return f"banned: would repeat “{words([*text[len(text) - size :], token_id], label)}”"


def penalised(token_id: int, text: Sequence[int], settings: SamplingSettings) -> str:
    """Return what the repetition penalty does to a token behind `text`; empty where it does nothing."""
    if settings.repetition_penalty == 1.0 or token_id not in text:
        return ""
    return "penalised: said before" if settings.repetition_penalty > 1 else "favoured: said before"


def words(tokens: Sequence[int], label: Callable[[int], str]) -> str:
    """Return tokens as one readable text."""
    return "".join(label(token).replace("␣", " ") for token in tokens).strip() or label(tokens[0])


def describe(settings: SamplingSettings) -> str:
    """Return the settings as a reader names them, such as `temperature 1, top-k 50, top-p 0.95, seed 0`."""
    if settings.greedy:
        return ", ".join(["temperature 0 (greedy)", *(one.named(settings) for one in settings.processors)])
    parts = [one.named(settings) for one in FILTERS if one.main or not one.is_off(settings)]
    if settings.full_order != GENERATE_ORDER:
        parts.append(f"order {settings.order_in_words}")
    return ", ".join([*parts, f"seed {settings.seed}"])


def why(step: Step, settings: SamplingSettings, label: Callable[[int], str], text: Sequence[int] = ()) -> str:
    """Return why the likeliest token was or was not drawn; `label` gives a token id's readable text.

    `text` are the tokens so far, at which processors look.
    """
    found = step.candidates
    top, drawn = label(int(found.ids[0])), label(step.token_id)
    if step.instead_of is not None:
        had = "greedy would have taken" if settings.greedy else "the draw had given"
        return (
            f"You took “{drawn}” ({percent(step.probability)} of the probability, rank {step.rank:,}); {had} "
            f"“{label(step.instead_of)}”. From here on the text goes its own way."
        )
    by = CUTS[found.cut[0]]
    banned = ban(by, int(found.ids[0]), text, settings, label)
    start = f"“{top}” was the likeliest"
    if settings.greedy:
        if banned:
            return f"{start}, but it is {banned}; greedy takes “{drawn}”, the likeliest left."
        return f"{start}, and greedy always takes it: at temperature 0 filters and random numbers have no effect."
    if step.stages[-1].kept == 1:
        return f"“{drawn}” was the only token that the filters left, so nothing was left to chance."
    fell = f"“{drawn}” was drawn, rank {step.rank:,}."
    if by:
        return f"{start}, but {f'it is {banned}' if banned else f'{filter_name(by, settings)} cut it'}; {fell}"
    return f"{start}, and it was drawn." if step.rank == 1 else f"{start}, but {fell}"


def shift(settings: SamplingSettings) -> str:
    """Return what sets the probabilities before the filters apart from the model's own; empty where nothing does."""
    parts = [] if settings.off("r") else ["under the repetition penalty"]
    if not settings.greedy and not settings.off("t"):
        parts.append(f"at temperature {settings.temperature:g}")
    return " ".join(parts)


def shift_before(name: str, settings: SamplingSettings) -> str:
    """Return what sets the probabilities that a filter, by its name in CUTS, sees apart from the model's own."""
    if name == "greedy" or BY_NAME[name].processor:
        return ""
    order = [one.name for one in settings.filters]
    return shift(settings) if order.index("temperature") < order.index(name) else ""


def funnel(step: Step, settings: SamplingSettings, vocabulary: int) -> str:
    """Return how many tokens each filter left, with their share of the probabilities before the filters."""
    parts, left = [f"{vocabulary:,} tokens"], vocabulary
    for stage in step.stages:
        if stage.filter == "greedy":
            parts.append("1 taken (greedy)")
            continue
        if BY_NAME[stage.filter].is_off(settings):
            continue
        no_effect = " (cuts nothing here)" if stage.kept == left else ""
        parts.append(f"{stage.kept:,} after {stage.filter}{no_effect}")
        left = stage.kept
    if len(parts) == 1:
        return f"{vocabulary:,} tokens, no filter: every one of them may be drawn."
    whose = f"of the probability {shift(settings)}".rstrip()
    counts = " → ".join(parts) + f", with {percent(step.stages[-1].mass)} {whose}."
    return f"{counts} {counts_within(settings)}".rstrip()


def counts_within(settings: SamplingSettings) -> str:
    """Return that top-p counts within what top-k left, so that its share is not one of all; empty where it does not."""
    order = [one.letter for one in settings.acting]
    if "k" not in order or "p" not in order[order.index("k") :]:
        return ""
    if settings.top_p == 0:
        return "Top-p 0 keeps the likeliest token alone."
    later = ", before the temperature" if "t" in order[order.index("p") :] else ""
    return f"Top-p: {percent(settings.top_p)} of what top-k left{later}."


def uncertainty(step: Step) -> str:
    """Return the entropy before and after the filters, as a number of equal tokens (its perplexity) and in bits."""
    before, after = step.entropy_before, step.entropy_after
    count, left = round(2**before), round(2**after)
    among = f"Like choosing among {count:,} equal tokens" if count > 1 else "Like a single token to choose from"
    if count == left and f"{before:.1f}" == f"{after:.1f}":
        return f"{among} ({before:.1f} bits), before the filters and after them."
    return f"{among} ({before:.1f} bits), after the filters {left:,} ({after:.1f} bits)."


def ending(step: Step, context: int) -> str:
    """Return why a text ended with this step, as a sentence; empty when it goes on or has its full length."""
    if step.stop == "end" and step.instead_of is not None:
        return f"Ended at step {step.number + 1}, where end-of-text was taken by hand; it fills with pads from there."
    if step.stop == "end":
        return f"Ended by itself at step {step.number + 1}: it drew end-of-text and fills with pads from there."
    if step.stop == "context":
        return f"Stopped at step {step.number + 1}: this model reads {context:,} tokens in all, prompt included."
    return ""
