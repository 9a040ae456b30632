"""Steps as tables to take home: one row per candidate of a step, or one row per step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from model_utils.generate.filters.filter_settings import CUTS

if TYPE_CHECKING:
    from model_utils.generate.step import Step


def candidates_table(step: Step, label: Callable[[int], str], also: Collection[int] = ()) -> pd.DataFrame:
    """Return the candidates that the step kept a note of, likeliest first; `label` gives a token id's readable text.

    `also` are tokens to be among them where the step is compared by them.
    `outcome` is `drawn`, `kept` or `cut`; `cut_by` names the filter, empty when there is none.
    """
    found = step.candidates_with(also)
    return pd.DataFrame(
        {
            "rank": found.ranks,
            "token_id": found.ids,
            "token": [label(int(token_id)) for token_id in found.ids],
            "probability_before": found.before,
            "probability_after": found.after,
            "outcome": [
                "drawn" if token_id == step.token_id else "cut" if cut else "kept"
                for token_id, cut in zip(found.ids, found.cut, strict=True)
            ],
            "cut_by": [CUTS[cut] for cut in found.cut],
        }
    )


def steps_table(rows: Sequence[Sequence[Step]], label: Callable[[int], str]) -> pd.DataFrame:
    """Return every step of every row: what was drawn, its probabilities, what the filters left, the uncertainty in bits."""
    return pd.DataFrame(
        {
            "row": step.lane,
            "step": step.number + 1,
            "token_id": step.token_id,
            "token": label(step.token_id),
            "rank": step.rank,
            "probability_before": step.probability,
            "probability_after": step.probability_after,
            "probability_at_temperature_1": step.probability_raw,
            "kept_tokens": step.stages[-1].kept,
            "kept_mass": step.stages[-1].mass,
            "entropy_before_bits": step.entropy_before,
            "entropy_after_bits": step.entropy_after,
            "ended": step.stop,
            "taken_instead_of": "" if step.instead_of is None else label(step.instead_of),
        }
        for row in rows
        for step in row
    )
