"""The engine run to its end, and its texts compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from model_utils.generate.decode import decode
from model_utils.generate.filters.filter_settings import FILTERS, SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.mask_policy import MaskPolicy
from model_utils.generate.step import Step
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import tokenize

LONG = "He shook his head and said that in the middle of the night he had"
GREEDY = SamplingSettings(temperature=0.0)
# A value for each filter at which it is on.
ALL_ON: dict[str, Any] = {
    one.field: {int: 9 if one.processor else 40, float: 0.01 if one.step < 0.01 else 0.5, str: "son, a king"}[
        type(one.off)
    ]
    for one in FILTERS
}


def lane_of(tiny: LoadedModel, text: str, policy: MaskPolicy, settings: SamplingSettings = GREEDY) -> Lane:
    """Return a lane that continues `text`."""
    return Lane(prompt=tuple(t.id for t in tokenize(tiny.tokenizer, text)), settings=settings, policy=policy)


def grown(loaded: LoadedModel, wanted: Sequence[Lane], new: int) -> list[list[Step]]:
    """Return every lane's steps."""
    rows: list[list[Step]] = [[] for _ in wanted]
    for steps in decode(loaded, wanted, new):
        for step in steps:
            rows[step.lane].append(step)
    return rows


def ids(row: Sequence[Step]) -> list[int]:
    """Return the tokens that a lane drew."""
    return [step.token_id for step in row]


def assert_same(one: Sequence[Step], other: Sequence[Step]) -> None:
    """Assert that two texts are equal, but for a draw so near that the last bits of the scores may turn it."""
    for a, b in zip(one, other, strict=False):
        if a.token_id != b.token_id:
            assert min(a.margin, b.margin) < 1e-4, f"step {a.number}: {a.token_id} against {b.token_id}"
            return
    assert len(one) == len(other)


class Watched:
    """A model that keeps what each forward pass was given and what came of it, attentions included."""

    def __init__(self, model: Any) -> None:
        self.model, self.config = model, model.config
        self.given: list[dict[str, Any]] = []
        self.logits: list[torch.Tensor] = []  # a step each: (B, V)
        self.attentions: list[torch.Tensor] = []  # a step each: (L, B, H, Q, K)

    def transformer(self, **given: Any) -> Any:
        """Return what the network under the output matrix computes."""
        out = self.model.transformer(**{**given, "output_attentions": True})
        self.given.append(given)
        self.attentions.append(torch.stack(out.attentions))
        return out

    def lm_head(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the logits of last hidden states."""
        logits: torch.Tensor = self.model.lm_head(hidden)
        self.logits.append(logits[:, -1])
        return logits


def watched(loaded: LoadedModel, wanted: Sequence[Lane], new: int) -> tuple[Watched, list[list[Step]]]:
    """Return the passes that the model made, and every lane's steps."""
    model = Watched(loaded.model)
    return model, grown(replace(loaded, model=model), wanted, new)  # type: ignore[arg-type]
