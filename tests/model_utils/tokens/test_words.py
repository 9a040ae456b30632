"""Tokens as words: each token belongs to one word, pieces stay together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import tokenize
from model_utils.tokens.words import group_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The dog's unbelievability!", ["The", "dog's", "unbelievability", "!"]),
        ("[MASK] fox [MASK].", ["[MASK]", "fox", "[MASK]."]),  # “].” is one token
        ("naïve co-operate", ["naïve", "co", "-", "operate"]),
        ("你好 😀", ["你", "好", "😀"]),
        ("a  b\nc ", ["a", "␣", "b", "⏎", "c", "␣"]),
        ("Go<|endoftext|>On", ["Go", "<|endoftext|>", "On"]),
        (" ", ["␣"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", "हिन्दी"]),  # accents and vowel signs belong to their letters
    ],
)
def test_words_are_those_that_a_reader_sees(tiny: LoadedModel, text: str, words: list[str]) -> None:
    assert [word.text for word in group_words(text, tokenize(tiny.tokenizer, text))] == words


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_every_token_belongs_to_exactly_one_word_in_order(tiny: LoadedModel, text: str) -> None:
    tokens = tokenize(tiny.tokenizer, text)
    found = [token for word in group_words(text, tokens) for token in word.tokens]
    assert found == list(range(len(tokens)))
