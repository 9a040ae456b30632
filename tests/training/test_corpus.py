"""Books as a stream of renumbered tokens."""

from __future__ import annotations

import numpy as np

from tests.training.conftest import story
from training.corpus import NEVER, documents, encode, load


def test_documents_are_split_at_the_mark_and_nowhere_else(books):
    found = documents(books / "books-train-1.txt.gz")
    assert found == [story(number) for number in range(24)]


def test_each_document_begins_with_end_of_text_and_each_paragraph_is_found(tokenizer):
    ids, starts = encode(tokenizer, ["One.\n\nTwo three.", "Four."])
    assert tokenizer.decode(ids.tolist(), skip_special_tokens=False) == (
        "<|endoftext|>One.\n\nTwo three.<|endoftext|>Four."
    )
    assert [tokenizer.id_to_token(int(ids[place])) for place in starts] == ["One", "Two", "Four"]


def test_renumbering_keeps_the_text_and_puts_frequent_tokens_first(tokenizer, small):
    ids, _ = encode(tokenizer, [story(number) for number in range(24)])
    assert np.array_equal(small.ids[small.stream], ids)
    counts = np.bincount(small.stream)
    assert (np.diff(counts) <= 0).all()
    assert counts.min() > 0
    assert small.ids[small.mark] == 50256


def test_a_token_that_the_text_does_not_hold_has_no_number(tokenizer, small):
    king, users = tokenizer.encode(" king users").ids
    numbers = small.renumber(np.array([king, users]), 50257)
    assert small.ids[numbers[0]] == king
    assert numbers[1] == NEVER


def test_a_tokenised_corpus_is_read_again_only_while_its_books_stay_the_same(tokenizer, books, tmp_path, monkeypatch):
    paths = [books / "books-train-1.txt.gz"]
    first = load(tokenizer, paths, tmp_path)
    monkeypatch.setattr("training.corpus.build", lambda *_: 1 / 0)
    again = load(tokenizer, paths, tmp_path)
    assert np.array_equal(first.stream, again.stream)
    assert first.mark == again.mark
    monkeypatch.undo()
    other = load(tokenizer, [*paths, books / "books-heldout.txt.gz"], tmp_path)
    assert len(other.stream) > len(first.stream)
