"""A step of a beam search in words: what was kept, what fell out and why. Plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model_utils.generate import explain

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beam_settings import BeamSettings
    from model_utils.generate.beam_search.beams import BeamCandidate, BeamStep
    from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.beam_search.hypotheses import Hypothesis

# Tokens at the end of a beam that name it.
_SHOWN = 5

# What becomes of a candidate, in words: one that ends may have end-of-text, or no room for more.
OUTCOMES = {"kept": "kept", "finished": "ended", "dropped": "dropped", "lost": "ended, lost"}

Label = Callable[[int], str]


def score(value: float) -> str:
    """Return a sum or a score as readers see it, such as `−3.40`."""
    return f"{value:.2f}".replace("-", "\u2212")


def told(
    step: BeamStep,
    before: BeamStep | None,
    beams: BeamSettings,
    settings: SamplingSettings,
    prompt: Sequence[int],
    label: Label,
) -> tuple[str, ...]:
    """Return what a step did, a sentence each: bans, what was kept, what ended, which beams and which greedy path fell out.

    `before` is the step before, None for the first; `prompt` are the tokens before all steps.
    """
    texts: Sequence[tuple[int, ...]] = before.texts if before is not None else ((),) * beams.num_beams
    lines = [_ban(ban.beam, ban.token_id, ban.by, texts, settings, prompt, label) for ban in step.bans]
    kept = step.kept
    if kept:
        listed = ", ".join(f"“{_end((*texts[one.beam], one.token_id), label)}” ({score(one.total)})" for one in kept)
        lines.append(f"Kept, the {len(kept)} best that do not end: {listed}.")
    lines += _ended(step, texts, beams, label)
    lines += _fallen(step, texts, label)
    lines += [_greedy(one, texts, step, label) for one in step.candidates if one.greedy and one.slot is None]
    return tuple(lines)


def _end(text: Sequence[int], label: Label) -> str:
    """Return the last tokens of a text, with dots where it is longer."""
    dots = "… " if len(text) > _SHOWN else ""
    return dots + explain.words(text[-_SHOWN:], label)


def _ban(
    beam: int,
    token: int,
    by: str,
    texts: Sequence[tuple[int, ...]],
    settings: SamplingSettings,
    prompt: Sequence[int],
    label: Label,
) -> str:
    text = (*prompt, *texts[beam])
    why = explain.ban(by, token, text, settings, label)
    return f"Behind “{_end(text, label)}” the likeliest token, “{label(token)}”, is {why}."


def _ended(step: BeamStep, texts: Sequence[tuple[int, ...]], beams: BeamSettings, label: Label) -> list[str]:
    """Return which texts ended, with their scores, and which did so in vain."""
    lines = []
    for outcome, start in (("finished", "Ended"), ("lost", "Ended, but the ended texts are better")):
        ended = [one for one in step.candidates if one.outcome == outcome and one.normalised is not None]
        named = [
            f"“{_end((*texts[one.beam], one.token_id), label)}” (score {score(one.normalised or 0.0)})"
            for one in ended
            if outcome == "finished" or one.rank <= beams.num_beams
        ]
        lines += [f"{start}: {', '.join(named)}."] if named else []
    return lines


def _fallen(step: BeamStep, texts: Sequence[tuple[int, ...]], label: Label) -> list[str]:
    """Return for each beam of which nothing goes on why that is."""
    if not step.kept or step.number == 0:
        return []
    last = step.kept[-1].total
    going = {one.beam for one in step.kept}
    lines = []
    for beam, text in enumerate(texts):
        if beam in going:
            continue
        best = next((one for one in step.candidates if one.beam == beam and one.normalised is None), None)
        named = f"“{_end(text, label)}” fell out"
        if best is None:
            lines.append(f"{named}: none of its continuations is among the {len(step.candidates)} best.")
        else:
            lines.append(
                f"{named}: its best continuation, “{label(best.token_id)}”, comes to {score(best.total)}, the last one kept "
                f"to {score(last)}."
            )
    return lines


def _greedy(one: BeamCandidate, texts: Sequence[tuple[int, ...]], step: BeamStep, label: Label) -> str:
    named = f"“{_end((*texts[one.beam], one.token_id), label)}”"
    if one.normalised is not None:
        return f"The greedy path ends here: {named}."
    if not step.kept:
        return f"The greedy path comes to {score(one.total)}: {named}."
    return (
        f"Here greedy loses: its path {named} comes to {score(one.total)} and is number {one.rank:,} of all continuations, "
        f"the last one kept has {score(step.kept[-1].total)}."
    )


def beams_table(steps: Sequence[BeamStep], label: Label) -> pd.DataFrame:
    """Return every candidate of every step of one sentence's search, with the text that it continues."""
    lines = []
    texts: tuple[tuple[int, ...], ...] = ()
    for step in steps:
        for one in step.candidates:
            before = texts[one.beam] if texts else ()
            lines.append(
                {
                    "step": step.number + 1,
                    "rank": one.rank,
                    "continues": explain.words(before, label) if before else "",
                    "token_id": one.token_id,
                    "token": label(one.token_id),
                    "log_probability": one.score,
                    "sum": one.total,
                    "outcome": OUTCOMES[one.outcome],
                    "beam": None if one.slot is None else one.slot + 1,
                    "score": one.normalised,
                    "greedy": one.greedy,
                }
            )
        texts = step.texts
    return pd.DataFrame(lines)


def ranked(found: Sequence[Hypothesis], length_penalty: float) -> list[Hypothesis]:
    """Return ended texts by their score under a length penalty, best first."""
    return sorted(found, key=lambda one: -one.score(length_penalty))
