"""What is kept of the words of a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_utils.tokens.batch import BatchKey
from pages.common.caches.cache import token_batch
from pages.common.caches.cache_shared import shared

if TYPE_CHECKING:
    from model_utils.tokens.words import Word


@shared(256)
def words(model: str, text: str) -> tuple[Word, ...]:
    """Return the words of one sentence, each with the tokens that are its pieces."""
    from model_utils.tokens.words import group_words

    return group_words(text, token_batch(BatchKey(model, (text,))).tokens[0])
