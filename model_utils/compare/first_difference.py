"""Where texts that share their noise part ways, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from model_utils.generate.beam_search.beam_text import BeamToken

if TYPE_CHECKING:
    from model_utils.generate.step import Step

Reason = Literal["noise", "model", "search", "greedy", "cut", "admitted", "tempered"]


@dataclass(frozen=True, kw_only=True)
class FirstDifference:
    """Where a text leaves the one that it is compared with: at step `number`, both from the same past.

    `token_id` was drawn where the other drew `other_id`. `reason`: `noise` = the noise was another; `model` = the model
    was; `search` = one of the two is of a beam search, which chooses whole texts; `greedy` = one of the two takes the
    likeliest whatever the noise; `cut` = the filter `by` had cut the other's word here; `admitted` = the filter `by` of the
    other had cut this word there; `tempered` = both kept both words, and the probabilities differ.
    """

    number: int
    token_id: int
    other_id: int
    reason: Reason
    by: str = ""


def first_difference(
    steps: Sequence[Step | BeamToken],
    others: Sequence[Step | BeamToken],
    *,
    same_noise: bool = True,
    same_model: bool = True,
) -> FirstDifference | None:
    """Return where `steps` leave `others`, the text that they are compared with; None as far as both are the same.

    A text that has ended has left one that goes on at the step at which it drew end-of-text, which is a token like others.
    """
    for one, other in zip(steps, others, strict=False):
        if one.token_id == other.token_id:
            continue
        reason, by = _reason(one, other, same_noise=same_noise, same_model=same_model)
        return FirstDifference(number=one.number, token_id=one.token_id, other_id=other.token_id, reason=reason, by=by)
    return None


def _reason(
    one: Step | BeamToken, other: Step | BeamToken, *, same_noise: bool, same_model: bool
) -> tuple[Reason, str]:
    """Return why two steps from the same past drew different tokens."""
    if not same_model or isinstance(one, BeamToken) or isinstance(other, BeamToken):
        return "search" if same_model else "model", ""
    greedy = [step.stages[-1].filter == "greedy" for step in (one, other)]
    if any(greedy) and not all(greedy):
        return "greedy", ""
    if not same_noise and not all(greedy):
        return "noise", ""
    # What two greedy texts both leave out by being greedy tells nothing: a processor set them apart.
    if (by := one.cut_by(other.token_id)) not in ("", "greedy"):
        return "cut", by
    if (by := other.cut_by(one.token_id)) not in ("", "greedy"):
        return "admitted", by
    return "tempered", ""
