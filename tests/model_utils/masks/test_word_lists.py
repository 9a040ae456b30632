"""Word lists: whole words across pieces, in any case; what matched and what did not."""

from __future__ import annotations

import pytest

from model_utils.errors import InputError
from model_utils.masks.word_lists import READY, Matches, match, parse_list, ready_list
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import tokenize
from model_utils.tokens.words import group_words


def matches(tiny: LoadedModel, text: str, *entries: str) -> Matches:
    return match(group_words(text, tokenize(tiny.tokenizer, text)), entries)


def test_a_word_of_several_pieces_is_matched_whole_and_never_by_a_piece(tiny: LoadedModel) -> None:
    text = "Unbelievability is not belief."
    words = group_words(text, tokenize(tiny.tokenizer, text))
    assert len(words[0].tokens) > 1
    assert match(words, ["unbelievability"]).places == (0,)
    assert match(words, ["Un", "bel", "able"]) == Matches(places=(), found=(), missing=("Un", "bel", "able"))


def test_case_and_accents_are_folded(tiny: LoadedModel) -> None:
    assert matches(tiny, "Die STRASSE, ein cafe\u0301", "straße", "CAFÉ").places == (1, 4)


def test_possessives_and_marks_around_a_word_do_not_hide_it(tiny: LoadedModel) -> None:
    assert matches(tiny, "Alice’s key and (Tom)", "alice", "tom").places == (0, 4)
    assert matches(tiny, "Alice’s key", "Alice's").places == (0,)


def test_an_entry_of_two_words_matches_them_in_a_row_only(tiny: LoadedModel) -> None:
    found = matches(tiny, "the old man and the old dog", "old man", "man old")
    assert found == Matches(places=(1, 2), found=("old man",), missing=("man old",))


def test_typed_lists_are_parted_by_commas_and_lines_and_named_once() -> None:
    assert parse_list(" Rain, bowl;\n RAIN\n\n big  bowl, ") == ("RAIN", "bowl", "big bowl")
    assert parse_list(" ,;\n") == ()
    with pytest.raises(InputError, match="501 entries, and 500 are the most"):
        parse_list(",".join(f"w{number}" for number in range(501)))


@pytest.mark.parametrize("name", READY)
def test_ready_lists_hold_thirty_words_or_more_each_once(name: str) -> None:
    words = ready_list(name)
    assert len(words) >= 30
    assert len({word.casefold() for word in words}) == len(words)
    assert parse_list(", ".join(words)) == words
