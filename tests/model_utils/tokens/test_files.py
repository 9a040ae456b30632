"""Sentences from a file: lines, first columns, and one sentence for what cannot be read or does not fit."""

from __future__ import annotations

import pytest

from model_utils.errors import InputError
from model_utils.limits import MAX_CHARACTERS, MAX_FILE_BYTES, MAX_SENTENCES
from model_utils.tokens.batch import split_sentences
from model_utils.tokens.files import sentences_of


def test_lines_of_a_text_and_the_first_column_of_a_table_are_sentences() -> None:
    assert sentences_of("a.txt", "\ufeffOne two\r\n\nThree \n".encode()).texts == ("One two", "Three ")
    assert sentences_of("mac.csv", b'"one\rtwo",1\rthree,2\r').texts == ("one\\ntwo", "three")
    table = 'He said ""no"",1\n"a, b",2\n"two\nlines",3\n\n'
    assert sentences_of("A.CSV", table.encode()).texts == ('He said ""no""', "a, b", "two\\nlines")


def test_what_does_not_fit_is_said_and_the_rest_can_be_used() -> None:
    found = sentences_of("many.txt", "\n".join(f"line {n}" for n in range(MAX_SENTENCES + 5)).encode())
    assert len(found.texts) == MAX_SENTENCES
    assert f"{MAX_SENTENCES + 5} sentences" in found.left_out
    assert split_sentences("\n".join(found.texts)) == found.texts
    long = sentences_of("long.txt", ("a" * (MAX_CHARACTERS - 10) + "\n" + "b" * 100).encode())
    assert len(long.texts) == 1
    assert long.left_out
    assert not sentences_of("one.txt", b"a").left_out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"x"),
        ("a", b"x"),
        ("a.txt", b"\xff\xfe\x00"),
        ("a.txt", b" \n \n"),
        ("a.csv", b""),
        ("a.csv", b'"' + b"a" * 140_000),
        ("a.txt", b"a" * (MAX_CHARACTERS + 1)),
        ("a.txt", b"a" * (MAX_FILE_BYTES + 1)),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(name: str, content: bytes) -> None:
    with pytest.raises(InputError, match=r"^[A-Z][^\n]*\.$"):
        sentences_of(name, content)
