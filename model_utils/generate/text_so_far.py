"""What processors look at: one text so far, without pads, so that it runs as if it were alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.filters.one_filter import listed_words
from model_utils.tokens.batch import tokenize

if TYPE_CHECKING:
    from model_utils.models.loading import LoadedModel


@dataclass(frozen=True, kw_only=True)
class TextSoFar:
    """One text so far: its tokens without pads, how many of them are new, where it may end, and what it must not say.

    `ends` are the tokens that end it, `banned` the tokens of each bad word, with a space before it and without.
    """

    ids: tuple[int, ...]
    new: int
    ends: tuple[int, ...]
    banned: tuple[tuple[int, ...], ...]

    @cached_property
    def known(self) -> dict[str, Any]:
        """Return what a processor may be made of beside its value, by the names in `Filter.arguments`."""
        return {
            "prompt": len(self.ids) - self.new,
            "ends": list(self.ends),
            "banned": [list(tokens) for tokens in self.banned],
        }

    @property
    def tokens(self) -> torch.Tensor:
        """Return the tokens as a batch of one, `[1, T]`."""
        return torch.tensor([self.ids])


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What settings mean to one model: the tokens that end a text, and those of the bad words."""

    ends: tuple[int, ...]
    banned: tuple[tuple[int, ...], ...]

    def so_far(self, prompt: Sequence[int], drawn: Sequence[int]) -> TextSoFar:
        """Return the text that `drawn` continues `prompt` to."""
        return TextSoFar(ids=(*prompt, *drawn), new=len(drawn), ends=self.ends, banned=self.banned)


def vocabulary(loaded: LoadedModel, settings: SamplingSettings) -> Vocabulary:
    """Return what the processors of `settings` need to know of a model."""
    return Vocabulary(ends=loaded.end_of_text, banned=banned_tokens(loaded.tokenizer, settings.bad_words))


def banned_tokens(tokenizer: Any, bad_words: str) -> tuple[tuple[int, ...], ...]:
    """Return the tokens of each of the words between commas, without a space before it and with one, each once."""
    spelled = [space + word for word in listed_words(bad_words) for space in ("", " ")]
    return tuple(dict.fromkeys(tuple(token.id for token in tokenize(tokenizer, one)) for one in spelled))
