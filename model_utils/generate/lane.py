"""One row of the decoding engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_utils.errors import InputError
from model_utils.generate.mask_policy import CAUSAL, MaskPolicy

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One row of the engine: its prompt as token ids, how it draws, which sample under its seed it is, what it may read.

    Its text depends on these alone, never on the other rows of the batch. `taken` are the tokens of its first steps where
    they were chosen by hand: a branch of another text has that one's beginning and a runner-up behind it.
    """

    prompt: tuple[int, ...]
    settings: SamplingSettings
    sample: int = 0
    policy: MaskPolicy = CAUSAL
    taken: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.prompt:
            raise InputError("A prompt is empty: it needs at least one token.")
