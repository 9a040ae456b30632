"""Tokens as words: each token belongs to one word, pieces stay together."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import token_bytes, tokenize
from model_utils.tokens.words import group_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The dog's unbelievability!", ["The", "dog's", "unbelievability", "!"]),
        ("[MASK] fox [MASK].", ["[MASK]", "fox", "[MASK]."]),  # “].” is one token
        ("'my dog is", ["'my", "dog", "is"]),  # “'m” is one token
        ("Hello!<|endoftext|>!", ["Hello", "!", "<|endoftext|>", "!"]),
        ("<|endoftext|><|endoftext|>", ["<|endoftext|>", "<|endoftext|>"]),
        ("I ❤\ufe0f you", ["I", "❤\ufe0f", "you"]),
        ("\u200b a\u3000b", ["U+200B", "a", "U+3000", "b"]),
        ("naïve co-operate", ["naïve", "co", "-", "operate"]),
        ("你好 😀", ["你", "好", "😀"]),
        ("a  b\nc ", ["a", "␣", "b", "⏎", "c", "␣"]),
        ("Go<|endoftext|>On", ["Go", "<|endoftext|>", "On"]),
        (" ", ["␣"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", "हिन्दी"]),  # accents and vowel signs belong to their letters
    ],
)
def test_words_are_those_that_a_reader_sees(tiny: LoadedModel, text: str, words: list[str]) -> None:
    assert [word.label for word in group_words(text, tokenize(tiny.tokenizer, text))] == words


def test_a_word_of_an_added_token_is_that_token(tiny: LoadedModel) -> None:
    tokenizer = copy.deepcopy(tiny.tokenizer)
    tokenizer.add_tokens(["[PAD]"])
    text = "can[PAD]not"
    words = group_words(text, tokenize(tokenizer, text))
    assert [word.label for word in words] == ["can", "[PAD]", "not"]


TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.sampled_from(
            ["<|endoftext|>", "[MASK]", "'m", " 'my", "don't", "  ", "\n", "❤\ufe0f", "!", "|>", "<|", "你"]
        ),
    ),
    max_size=6,
).map("".join)


@given(text=TEXTS)
def test_every_token_belongs_to_one_word_and_the_words_are_the_text(tiny: LoadedModel, text: str) -> None:
    tokens = tokenize(tiny.tokenizer, text)
    words = group_words(text, tokens)
    assert [token for word in words for token in word.tokens] == list(range(len(tokens)))
    assert "".join(word.text for word in words) == text
    for word in words:
        assert word.label
        raw = b"".join(token_bytes(tiny.tokenizer, tokens[index].id) for index in word.tokens)
        assert raw == word.text.encode()
        assert len(word.tokens) == 1 or not any(tokens[index].special for index in word.tokens)
