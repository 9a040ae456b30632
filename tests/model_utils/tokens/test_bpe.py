"""Byte-pair encoding, merge by merge: the steps end where the tokenizer ends."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AddedToken

from model_utils.errors import InputError
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import tokenize
from model_utils.tokens.bpe import MergedWord, explain, merge, read_ranks


@pytest.fixture(scope="session")
def ranks(tiny: LoadedModel) -> dict[tuple[str, str], int]:
    """Return GPT-2's merges by rank."""
    return read_ranks(tiny.tokenizer)


def labels(word: MergedWord, step: int) -> list[str]:
    return [piece.label for piece in word.steps[step].pieces]


def test_gpt2_has_50000_merges_and_the_first_joins_a_space_and_t(ranks: dict[tuple[str, str], int]) -> None:
    assert len(ranks) == 50_000
    assert ranks["Ġ", "t"] == 0


def test_the_lowest_rank_merges_first_wherever_it_stands() -> None:
    demo = {("b", "c"): 0, ("a", "b"): 1, ("a", "bc"): 2}
    assert merge(tuple("abcabc"), demo) == [
        (("a", "b", "c", "a", "b", "c"), None),
        (("a", "bc", "a", "bc"), 0),
        (("abc", "abc"), 2),
    ]


def test_equal_neighbours_merge_from_the_left() -> None:
    assert merge(tuple("aaa"), {("a", "a"): 5}) == [(("a", "a", "a"), None), (("aa", "a"), 5)]


def test_an_english_word_goes_from_bytes_to_one_token(tiny: LoadedModel, ranks: dict[tuple[str, str], int]) -> None:
    (word,) = explain(tiny.tokenizer, ranks, " unbelievable")
    assert labels(word, 0) == list("␣unbelievable")
    assert labels(word, 1) == [*"␣unbelievab", "le"]
    assert word.steps[1].rank == ranks["l", "e"]
    assert [piece.label for piece in word.steps[1].pieces if piece.merged] == ["le"]
    assert labels(word, -1) == ["␣unbelievable"]
    assert word.ids == (24479,)


def test_an_emoji_and_a_chinese_word_stay_pieces_of_bytes(tiny: LoadedModel, ranks: dict[tuple[str, str], int]) -> None:
    (fox,) = explain(tiny.tokenizer, ranks, "🦊")
    assert labels(fox, 0) == ["‹F0›", "‹9F›", "‹A6›", "‹8A›"]
    assert labels(fox, -1) == ["‹F0 9F›", "‹A6›", "‹8A›"]
    (hello,) = explain(tiny.tokenizer, ranks, "你好")
    assert hello.ids == (19526, 254, 25001, 121)


def test_several_words_merge_each_by_itself(tiny: LoadedModel, ranks: dict[tuple[str, str], int]) -> None:
    words = explain(tiny.tokenizer, ranks, "two words<|endoftext|>3")
    assert [word.label for word in words] == ["two", "␣words", "<|endoftext|>", "3"]
    assert words[2].ids == (50256,)


@pytest.mark.parametrize(
    ("text", "labels", "ids"),
    [
        ("a[PAD]", ["a", "[PAD]"], (64, 50257)),
        ("[PAD][PAD]", ["[PAD]", "[PAD]"], (50257, 50257)),
        ("un[PAD] two<|endoftext|>", ["un", "[PAD]", "␣two", "<|endoftext|>"], (403, 50257, 734, 50256)),
        ("x <mask>y", ["x", "<mask>", "y"], (87, 50258, 88)),  # this one takes the space before it along
    ],
)
def test_tokens_that_were_added_stay_whole(
    tiny: LoadedModel, ranks: dict[tuple[str, str], int], text: str, labels: list[str], ids: tuple[int, ...]
) -> None:
    tokenizer = copy.deepcopy(tiny.tokenizer)
    tokenizer.add_tokens(["[PAD]", AddedToken("<mask>", lstrip=True)])
    words = explain(tokenizer, ranks, text)
    assert tuple(i for word in words for i in word.ids) == ids
    assert [word.label for word in words] == labels
    assert all(len(word.steps) == 1 for word in words if word.label in ("[PAD]", "<mask>", "<|endoftext|>"))
    assert list(ids) == tokenizer(text, add_special_tokens=False)["input_ids"]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64))
def test_the_last_step_is_what_the_tokenizer_gives(
    tiny: LoadedModel, ranks: dict[tuple[str, str], int], text: str
) -> None:
    words = explain(tiny.tokenizer, ranks, text)
    assert [i for word in words for i in word.ids] == [token.id for token in tokenize(tiny.tokenizer, text)]
    for word in words:
        spans = [(piece.start, piece.end) for piece in word.steps[-1].pieces]
        assert len(spans) == len(word.ids)
        assert all(end == start for (_, end), (start, _) in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no word yet"), ("a" * 65, "65 characters, and 64 are the most"), ("\udcff", "half of a split character")],
)
def test_a_word_out_of_bounds_is_refused(
    tiny: LoadedModel, ranks: dict[tuple[str, str], int], text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        explain(tiny.tokenizer, ranks, text)
