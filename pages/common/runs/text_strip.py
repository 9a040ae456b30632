"""A text as a strip of clickable tokens: the prompt in grey, then each drawn token, then the place of the next while it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from formatting import percent
from model_utils.compare.text_metrics import repeated
from model_utils.generate.beam_search.beam_text import BeamToken
from model_utils.tokens.glyphs import spoken
from pages.common.components.strip import StripToken, last_click

if TYPE_CHECKING:
    from model_utils.generate.step import Step
    from model_utils.tokens.batch import Token

StepT = TypeVar("StepT", bound="Step | BeamToken")


def strip(
    prompt: Iterable[Token],
    steps: Sequence[StepT],
    drawn: Callable[[StepT], StripToken],
    *,
    growing: bool,
    remembered: Sequence[str] = (),
) -> list[StripToken]:
    """Return the tokens of a text as far as it is; `drawn` makes the one of a step.

    `remembered` are the labels of a text that is made again: those that it has not reached yet follow in grey.
    """
    tokens = [StripToken(text=_flowing(token.label), state="quiet", clickable=False) for token in prompt]
    tokens += mark_repeats(map(drawn, steps), [step.token_id for step in steps])
    if growing:
        tokens += [StripToken(text=_flowing(one), state="quiet", clickable=False) for one in remembered[len(steps) :]]
    if growing and not (steps and steps[-1].stop):
        tokens.append(StripToken(text=" …", state="blank", clickable=False, spoken="next word"))
    return tokens


def drawn_token(step: Step | BeamToken, label: str, **look: Any) -> StripToken:
    """Return the token of a step that reads `label`; by its probability under the model itself it is coloured too."""
    rank = "" if isinstance(step, BeamToken) else f", number {step.rank:,}"
    return StripToken(
        text=_flowing(label),
        line_break="⏎" in label,
        title=f"step {step.number + 1}: {percent(step.probability_raw)} of the model's probability{rank}",
        **{"spoken": spoken(label), **look},
    )


def mark_repeats(tokens: Iterable[StripToken], ids: Sequence[int]) -> list[StripToken]:
    """Return the tokens of a text, which have these `ids`, with those marked that repeat a run of it."""
    pairs = zip(tokens, repeated(ids), strict=True)
    return [
        replace(token, repeated=True, title=f"{token.title}, repeated") if again else token for token, again in pairs
    ]


def say_repeats(strips: Iterable[Sequence[StripToken]]) -> None:
    """Draw what the mark of repeated runs says, where one of `strips` has any."""
    if any(token.repeated for strip in strips for token in strip):
        st.markdown(":gray[Underlined: runs of four or more tokens that stood in the same text before.]")


def clicked_step(key: str, prompt: Sequence[Token]) -> int | None:
    """Return the step, counted from 0, whose token in the strip `key` was clicked; None where none was."""
    clicked = last_click(key)
    return None if clicked is None else clicked - len(prompt)


def _flowing(label: str) -> str:
    """Return a token's label with its spaces as spaces: here the text itself shows where they are."""
    return label.replace("␣", " ")
