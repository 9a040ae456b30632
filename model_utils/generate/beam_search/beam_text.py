"""The text of a beam search, a token after another, as drawn texts have their steps. Imports no torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from model_utils.generate.beam_search.beams import BeamCandidate, BeamStep


@dataclass(frozen=True, kw_only=True)
class BeamToken:
    """One token of a text that a beam search chose: nothing was drawn, so there are no filters and no random numbers.

    `score` is its log-probability after the processors, `probability_raw` the probability that the model itself gives it.
    `stop` is why the text ends with it, once the search is over: `end` at end-of-text, `length` at the most tokens.
    """

    number: int
    token_id: int
    score: float
    probability_raw: float
    stop: Literal["", "end", "length"] = ""


def leading_text(steps: Sequence[BeamStep], end_of_text: Collection[int] = ()) -> list[BeamToken]:
    """Return the text that leads after the last of `steps`: of the best beam, or the best finished one at the end."""
    path = _leading_path(steps)
    tokens = [
        BeamToken(number=number, token_id=one.token_id, score=one.score, probability_raw=one.chance)
        for number, one in enumerate(path)
    ]
    if tokens and steps[-1].done:
        last = tokens[-1]
        tokens[-1] = replace(last, stop="end" if last.token_id in end_of_text else "length")
    return tokens


def _leading_path(steps: Sequence[BeamStep]) -> list[BeamCandidate]:
    """Return the candidates that the leading text is made of, found from its end."""
    text = steps[-1].leading if steps else ()
    if not text:
        return []
    last = len(text) - 1
    before = steps[last - 1].texts if last else ()
    path = [
        next(
            one
            for one in steps[last].candidates
            if one.token_id == text[-1] and (before[one.beam] if before else ()) == text[:-1]
        )
    ]
    for step in reversed(steps[:last]):
        path.append(next(one for one in step.candidates if one.slot == path[-1].beam))
    return path[::-1]
