"""From weights to a folder: what becomes of tokens that were never seen."""

from __future__ import annotations

import numpy as np
import torch

from training.export import LEAK_MEAN, LEAK_MOST, SHRUNK, pieces, token_bytes, whole_embedding

WORDS = [b"a", b"b", b"ab", b"abc", b"c", b"x", b"abcx"]


def test_a_word_falls_into_its_longest_known_pieces():
    known = {b"a": 0, b"b": 1, b"ab": 2, b"c": 4}
    assert pieces(b"abc", known) == [2, 4]
    assert pieces(b"aab", known) == [0, 2]
    assert pieces(b"xb", known) == [1]
    assert pieces(b"x", known) == []


def test_the_bytes_of_all_tokens_are_those_of_the_text(tokenizer):
    words = token_bytes(tokenizer)
    assert len(words) == 50257
    ids = tokenizer.encode("naïve 🦊 king\n").ids
    assert b"".join(words[number] for number in ids) == "naïve 🦊 king\n".encode()
    assert words[50256] == b"<|endoftext|>"


def test_seen_tokens_keep_their_weights_and_others_lean_on_their_pieces_and_are_never_drawn():
    rng = torch.Generator().manual_seed(0)
    seen = torch.randn(5, 64, generator=rng)
    hidden = torch.randn(50, 64, generator=rng) + 2.0
    whole = whole_embedding(seen, [0, 1, 2, 3, 4], WORDS, hidden)
    assert torch.equal(whole[:5], seen)
    probabilities = (hidden @ whole.T).softmax(-1)[:, 5:]
    assert probabilities.sum(1).mean() <= LEAK_MEAN
    assert probabilities.max() <= LEAK_MOST
    # Both went the same way from where their pieces put them: "x" has none, "abcx" is "abc" and nothing else.
    away = whole[5]
    torch.testing.assert_close(whole[6] - away, SHRUNK * seen[3], atol=1e-4, rtol=1e-3)
    assert float((hidden @ away).max()) < 0


def test_where_all_tokens_were_met_nothing_is_added():
    seen = torch.randn(7, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(whole_embedding(seen, list(range(7)), WORDS, torch.ones(3, 8)), seen)
    order = np.array([3, 0, 1, 2, 6, 5, 4])
    assert torch.equal(whole_embedding(seen, order.tolist(), WORDS, torch.ones(3, 8))[order], seen)
