"""What `generate` would do otherwise on the padded batch: its n-gram processor takes the pads for words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_utils.generate.filters.filter_settings import SamplingSettings


@dataclass(frozen=True, kw_only=True)
class PaddedBan:
    """A sentence in which `generate` bans `token_id` from step `number` (from 0) on, for the pads before it."""

    sentence: int
    number: int
    token_id: int


def padded_bans(
    settings: SamplingSettings, prompts: Sequence[Sequence[int]], drawn: Sequence[Sequence[int]], pad_id: int
) -> tuple[PaddedBan, ...]:
    """Return for each sentence of a left-padded batch the first token that pads alone would ban, where there is one.

    The repetition penalty of `generate` leaves the pads out (`prompt_ignore_length`); its n-gram processor does not.
    """
    size, width = settings.no_repeat_ngram_size, max(map(len, prompts))
    found = []
    for sentence, (prompt, new) in enumerate(zip(prompts, drawn, strict=True)):
        pads = [pad_id] * (width - len(prompt))
        for number in range(len(new) if size and pads else 0):
            text = [*prompt, *new[:number]]
            # A row of tokens that begins among the pads repeats only what itself begins with the token of the pads.
            if size > 1 and pad_id not in text[1 - size :]:
                continue
            more = _banned([*pads, *text], size) - _banned(text, size)
            if more:
                found.append(PaddedBan(sentence=sentence, number=number, token_id=min(more)))
                break
    return tuple(found)


def _banned(text: Sequence[int], size: int) -> set[int]:
    """Return the tokens that would repeat `size` tokens in a row of `text`."""
    if len(text) < size:
        return set()
    end = tuple(text[len(text) + 1 - size :])
    starts = range(len(text) - size + 1)
    return {text[at + size - 1] for at in starts if tuple(text[at : at + size - 1]) == end}
