"""Sentences as padded batches: exactly GPT-2's ids, masks and positions, and readable labels for whatever was typed."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import Replace

from model_utils.errors import InputError
from model_utils.limits import MAX_CHARACTERS, MAX_SENTENCES
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import (
    TokenBatch,
    encode,
    ends_in_space,
    positions,
    sentence_label,
    split_sentences,
    token_bytes,
    tokenize,
)
from model_utils.tokens.glyphs import visible
from tests.conftest import MISSION

PAD = 50256


def test_the_three_sentences_give_exactly_these_ids_masks_and_positions(mission: TokenBatch) -> None:
    assert mission.input_ids.tolist() == [
        [PAD, PAD, PAD, 1026, 481, 6290, 287, 262],
        [40, 765, 284, 4483, 257, 1263, 9396, 286],
        [PAD, PAD, PAD, PAD, PAD, 3666, 3290, 318],
    ]
    assert mission.attention_mask.tolist() == [[0, 0, 0, 1, 1, 1, 1, 1], [1] * 8, [0, 0, 0, 0, 0, 1, 1, 1]]
    assert mission.position_ids.tolist() == [[0, 0, 0, 0, 1, 2, 3, 4], list(range(8)), [0, 0, 0, 0, 0, 0, 1, 2]]
    assert mission.labels(2) == ("pad",) * 5 + ("My", "␣dog", "␣is")


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_batch_equals_the_one_that_transformers_pads(tiny: LoadedModel, side: str) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny.entry.location, padding_side=side)
    tokenizer.pad_token = tokenizer.eos_token
    theirs = tokenizer(list(MISSION), return_tensors="np", padding=True)
    ours = encode(tiny.tokenizer, MISSION, side=side)  # type: ignore[arg-type]
    assert np.array_equal(ours.input_ids, theirs["input_ids"])
    assert np.array_equal(ours.attention_mask, theirs["attention_mask"])


def test_the_next_word_is_read_in_the_last_column_on_the_left_and_at_the_last_real_token_on_the_right(
    tiny: LoadedModel,
) -> None:
    left, right = (encode(tiny.tokenizer, MISSION, side=side) for side in ("left", "right"))
    assert [left.last(b) for b in range(3)] == [7, 7, 7]
    assert [right.last(b) for b in range(3)] == [4, 7, 2]
    assert right.labels(2) == ("My", "␣dog", "␣is") + ("pad",) * 5


def test_another_pad_id_changes_the_pads_alone(tiny: LoadedModel, mission: TokenBatch) -> None:
    other = encode(tiny.tokenizer, MISSION, pad_id=7)
    assert (other.input_ids[mission.attention_mask == 0] == 7).all()
    assert np.array_equal(other.input_ids[mission.attention_mask == 1], mission.input_ids[mission.attention_mask == 1])
    assert other.labels(0)[0] == "pad"


def test_a_typed_end_of_text_is_real_though_it_has_the_id_of_the_pads(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("a b c", "<|endoftext|>"))
    assert batch.input_ids[1].tolist() == [PAD, PAD, PAD]
    assert batch.attention_mask[1].tolist() == [0, 0, 1]
    assert batch.labels(1) == ("pad", "pad", "<|endoftext|>")


def test_a_sentence_taken_alone_has_no_pads(mission: TokenBatch) -> None:
    alone = mission.alone(2)
    assert alone.input_ids.tolist() == [[3666, 3290, 318]]
    assert alone.position_ids.tolist() == [[0, 1, 2]]


def test_a_batch_is_read_only(mission: TokenBatch) -> None:
    with pytest.raises(ValueError, match="read-only"):
        mission.input_ids[0, 0] = 1


def test_positions_count_real_tokens_whatever_the_side() -> None:
    mask = np.array([[0, 0, 1, 1], [1, 1, 0, 0]])
    assert positions(mask).tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("My dog is ", ["My", "␣dog", "␣is", "␣"]),
        ("a\tb", ["a", "⇥", "b"]),
        ("a\x00b", ["a", "␀", "b"]),
        ("a\nb", ["a", "⏎", "b"]),
        ("\u200b", ["U+200B"]),
        ("\u202e", ["‹E2 80›", "‹AE›"]),
        ("[MASK]", ["[", "MAS", "K", "]"]),
        ("<script>", ["<", "script", ">"]),
        ("你", ["‹E4 BD›", "‹A0›"]),
        ("🦊", ["‹F0 9F›", "‹A6›", "‹8A›"]),
        (" 🦊", ["␣‹F0 9F›", "‹A6›", "‹8A›"]),
        ("\ufffd", ["\ufffd"]),
        ("I ❤\ufe0f you", ["I", "␣‹E2 9D›", "‹A4›", "U+FE0F", "␣you"]),
        ("a\u0336", ["a", "◌\u0336"]),
    ],
)
def test_tokens_read_as_text(tiny: LoadedModel, text: str, labels: list[str]) -> None:
    assert [token.label for token in tokenize(tiny.tokenizer, text)] == labels


def test_pieces_of_a_split_character_know_it(tiny: LoadedModel) -> None:
    assert [token.whole for token in tokenize(tiny.tokenizer, "a 🦊")] == ["", "🦊", "🦊", "🦊"]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_the_bytes_of_the_tokens_are_the_bytes_of_the_text(tiny: LoadedModel, text: str) -> None:
    tokens = tokenize(tiny.tokenizer, text)
    assert b"".join(token_bytes(tiny.tokenizer, token.id) for token in tokens) == text.encode()
    assert all(token.label for token in tokens)


@pytest.mark.parametrize("token", ["[PAD]", "é~é", "<|im_end|>", "two words", "\u200b"])
def test_an_added_token_is_one_token_and_stands_for_itself(tiny: LoadedModel, token: str) -> None:
    tokenizer = copy.deepcopy(tiny.tokenizer)
    tokenizer.add_tokens([token])
    assert token_bytes(tokenizer, 50257) == token.encode()
    found = tokenize(tokenizer, f"a{token}b")
    assert [(one.id, one.special) for one in found] == [(64, False), (50257, True), (65, False)]
    assert found[1].label == visible(token)
    assert encode(tokenizer, ("a", "b c"), pad_id=50257).input_ids[0].tolist() == [50257, 64]


def test_blank_lines_are_skipped_and_trailing_spaces_kept() -> None:
    assert split_sentences("one\n\n  \ntwo \r\nthree\\nfour") == ("one", "two ", "three\nfour")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no sentence yet"),
        (" \n\t\n", "no sentence yet"),
        ("a\n" * (MAX_SENTENCES + 1), "17 sentences, and 16 are the most"),
        ("word " * 10_000, f"50,000 characters, and {MAX_CHARACTERS:,} are the most"),
        ("a \ud83e b", r"holds U\+D83E, one half of a split character"),
    ],
)
def test_text_outside_its_bounds_is_refused_with_both_numbers_and_the_way_out(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split_sentences(text)


def test_a_sentence_longer_than_the_model_reads_is_refused(tiny: LoadedModel) -> None:
    encode(tiny.tokenizer, ("a" + " a" * 255,), max_tokens=256)
    with pytest.raises(InputError, match=r"“…a a.* has 257 tokens, and this model reads at most 256"):
        encode(tiny.tokenizer, ("a", "a" + " a" * 256), max_tokens=256)


def test_a_sentence_of_which_the_tokenizer_of_a_folder_leaves_nothing_is_refused(tiny: LoadedModel) -> None:
    tokenizer = copy.deepcopy(tiny.tokenizer)
    tokenizer.backend_tokenizer.normalizer = Replace("dog", "")
    with pytest.raises(InputError, match="makes no token of “dog”"):
        encode(tokenizer, ("a", "dog"))


@pytest.mark.parametrize("pad_id", [-1, 50257])
def test_a_pad_id_outside_the_vocabulary_is_refused(tiny: LoadedModel, pad_id: int) -> None:
    with pytest.raises(InputError, match="choose one from 0 to 50,256"):
        encode(tiny.tokenizer, ("a",), pad_id=pad_id)


def test_an_id_that_the_tokenizer_lacks_reads_as_its_number(tiny: LoadedModel) -> None:
    assert token_bytes(tiny.tokenizer, 50300) == b"[50300]"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I ❤\ufe0f e\u0301", "I ❤\ufe0f e\u0301"),
        ("My dog is  ", "My dog is␣␣"),
        ("one\ttwo", "one⇥two"),
        ("a" * 50, "…" + "a" * 39),
    ],
)
def test_a_sentence_reads_as_one_line_that_keeps_its_end(text: str, label: str) -> None:
    assert sentence_label(text) == label


def test_a_long_sentence_is_called_by_its_last_whole_words() -> None:
    assert sentence_label("The cat sat on the mat and looked", 16) == "…mat and looked"
    assert sentence_label("Donaudampfschifffahrtsgesellschaft", 10) == "…ellschaft"


def test_a_sentence_that_ends_in_white_space_is_found() -> None:
    assert [ends_in_space(text) for text in ("My dog is ", "My dog is", "My dog is\n", "")] == [
        True,
        False,
        True,
        False,
    ]
