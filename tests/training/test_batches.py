"""What the steps of a run see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import SMALL
from training.batches import IGNORED, SHORTEST_REPEAT, Batches, window_starts

PLAIN = replace(SMALL, marked=0.0, repeats=0.0, late_repeats=0.0)


def test_the_windows_of_a_pass_begin_at_paragraphs_and_cover_the_text(small):
    places = window_starts(small, 32, np.random.default_rng(0))
    read = np.zeros(len(small.stream), bool)
    for place in places:
        read[place : place + 33] = True
    first, last = np.flatnonzero(read)[[0, -1]]
    assert read[first : last + 1].all()
    assert first < 64
    assert last >= len(small.stream) - 66
    assert set(places) <= set(small.starts)


def test_each_target_is_the_token_after_its_input(small):
    inputs, targets = Batches(small, PLAIN).at(3)
    assert inputs.shape == targets.shape == (4, 32)
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])
    stream = small.stream.astype(np.int64)
    rows = np.lib.stride_tricks.sliding_window_view(stream, 33)
    for row, wanted in zip(inputs, targets, strict=True):
        assert (rows == np.append(row, wanted[-1])).all(1).any()


def test_begun_windows_start_with_end_of_text_and_shift_by_one(small):
    inputs, targets = Batches(small, replace(PLAIN, marked=1.0)).at(0)
    plain, _ = Batches(small, PLAIN).at(0)
    assert (inputs[:, 0] == small.mark).all()
    assert np.array_equal(inputs[:, 1:], plain[:, :-1])
    assert np.array_equal(targets, plain)


def test_a_repeat_says_its_random_tokens_again_and_its_first_copy_does_not_count(small):
    inputs, targets = Batches(small, replace(PLAIN, repeats=1.0)).at(0)
    for row, wanted in zip(inputs, targets, strict=True):
        length = int((wanted == IGNORED).sum()) + 1
        assert SHORTEST_REPEAT <= length < 16
        assert np.array_equal(row[length:], row[:-length])
        assert np.array_equal(wanted[length - 1 : -1], row[length:])


def test_repeats_may_grow_rare_in_the_second_half(small):
    batches = Batches(small, replace(PLAIN, repeats=1.0, late_repeats=0.0))
    assert (batches.at(0)[1] == IGNORED).any()
    assert not (batches.at(0, late=True)[1] == IGNORED).any()


def test_a_step_sees_the_same_in_whatever_order_it_is_asked(small):
    one, other = Batches(small, SMALL), Batches(small, SMALL)
    last = one._steps_a_pass * 3
    forward = [one.at(step) for step in range(last)]
    for step in (last - 1, 0, one._steps_a_pass):
        assert all(np.array_equal(a, b) for a, b in zip(other.at(step), forward[step], strict=True))
    assert not np.array_equal(forward[0][0], forward[one._steps_a_pass][0])
    assert one.passes(last) == 3


def test_a_text_too_short_for_a_few_windows_is_refused(small):
    with pytest.raises(ValueError, match=r"has 1820 tokens; it needs 4096 at least"):
        Batches(small, replace(SMALL, context=1024))
