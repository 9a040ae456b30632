"""Whatever a reader cannot see is named or pictured; what can be seen stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.tokens.glyphs import bytes_label, spoken, symbol_bytes, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" \n\t\x1b\xa0\x7f", "␣⏎⇥␛⍽␡"),
        ("\x85", "U+0085"),
        ("\xad", "U+00AD"),
        ("\u200b\u200d\u2060\ufeff", "U+200BU+200DU+2060U+FEFF"),
        ("\u202e\u2066\u2029", "U+202EU+2066U+2029"),
        ("\u2003\u3000\u1680\u202f", "U+2003U+3000U+1680U+202F"),
        ("\ue000\U000f0000\uffff", "U+E000U+F0000U+FFFF"),
        ("\U000e0041", "U+E0041"),  # a tag
        ("\u3164\u115f\uffa0", "U+3164U+115FU+FFA0"),  # letters made to be empty
        ("\u2800", "U+2800"),
        ("\ufe0f", "U+FE0F"),
        ("\U000e0100", "U+E0100"),
        ("\u034f", "U+034F"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\u0301", "◌\u0301"),
        ("\u0301\u0336", "◌\u0301\u0336"),
        ("e\u0301", "e\u0301"),
        (" \u0301", "␣◌\u0301"),
        ("\u200b\u0301", "U+200B◌\u0301"),
        ("\u093e", "◌\u093e"),
        ("\u20dd", "◌\u20dd"),
        ("\ufe0f\u0301", "U+FE0F◌\u0301"),
        ("naïve 你好 🦊 ½ ⏎ \ufffd", "naïve␣你好␣🦊␣½␣⏎␣\ufffd"),
        ("\U0001fae8", "\U0001fae8"),  # a pictograph that is younger than this Python
    ],
)
def test_what_cannot_be_seen_is_pictured_or_named(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(text=st.text(st.characters(exclude_categories=["C", "Z", "M", "Lo", "So"]), max_size=20))
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(character=st.characters(categories=["Cc", "Cf", "Co", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"]))
def test_no_label_of_one_character_is_empty_or_hangs_on_nothing(character: str) -> None:
    label = visible(character)
    assert all(unicodedata.category(one)[0] not in "CZ" for one in label)
    assert unicodedata.category(label[0])[0] != "M"


def test_bytes_that_are_no_text_are_written_as_numbers() -> None:
    assert bytes_label(b" \xd8") == ("␣‹D8›", True)
    assert bytes_label("é".encode()) == ("é", False)


def test_the_vocabulary_s_symbols_are_bytes() -> None:
    assert symbol_bytes("Ġthe") == b" the"
    assert symbol_bytes("\u4f60") == "\u4f60".encode()


@pytest.mark.parametrize(
    ("label", "said"),
    [("␣rain", "rain"), ("don't", "don't"), (",", "comma"), ("␣--", "dash dash"), ("␣", "space"), ("⏎", "line break")],
)
def test_a_label_is_said_as_its_word_and_signs_alone_by_their_names(label: str, said: str) -> None:
    assert spoken(label) == said


@given(st.text(min_size=1))
def test_whatever_a_label_holds_something_is_said(text: str) -> None:
    assert spoken(visible(text)).strip()
