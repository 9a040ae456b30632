"""The table of patterns: what each entry declares is true of its rule, and its code computes what its rule computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.masks.patterns import NUMBERS, PATTERNS, PaddedSentence, Pattern, filled
from model_utils.tokens.batch import END_OF_TEXT_ID


@st.composite
def rows(draw: st.DrawFn) -> PaddedSentence:
    """Draw a sentence with pads on one side (that have the id of end-of-text) and end-of-text among its tokens."""
    tokens = draw(st.lists(st.sampled_from([5, 6, END_OF_TEXT_ID]), min_size=1, max_size=8))
    pads, left = draw(st.integers(0, 3)), draw(st.booleans())
    padding = [END_OF_TEXT_ID] * pads
    real = [True] * len(tokens)
    return PaddedSentence(
        ids=np.array([*padding, *tokens] if left else [*tokens, *padding]),
        real=np.array([*[False] * pads, *real] if left else [*real, *[False] * pads]),
        start=pads if left else 0,
        width=draw(st.integers(1, 6)),
        first=draw(st.integers(0, 4)),
    )


def changed(row: PaddedSentence, **fields: object) -> PaddedSentence:
    same = {name: getattr(row, name) for name in ("ids", "real", "start", "width", "first")}
    return PaddedSentence(**(same | fields))  # type: ignore[arg-type]


every_pattern = pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)


@every_pattern
@given(row=rows())
@settings(max_examples=40, deadline=None)
def test_a_pattern_lifts_causality_blocks_the_past_and_uses_its_numbers_only_where_it_declares_so(
    pattern: Pattern, row: PaddedSentence
) -> None:
    allowed = pattern.allowed(row)
    assert allowed.shape == (len(row.ids),) * 2
    assert pattern.lifts or not (allowed & ~row.causal).any()
    assert pattern.reason or (allowed | ~row.causal).all()
    for name in {*NUMBERS} - {*pattern.uses}:
        other = changed(row, **{name: getattr(row, name) + 1})
        np.testing.assert_array_equal(pattern.allowed(other), allowed)


@every_pattern
@given(row=rows(), more=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_columns_that_are_added_change_no_cell_and_no_segment_before_them(
    pattern: Pattern, row: PaddedSentence, more: int
) -> None:
    T = len(row.ids)
    longer = changed(row, ids=np.append(row.ids, [7] * more), real=np.append(row.real, [True] * more))
    np.testing.assert_array_equal(pattern.allowed(longer)[:T, :T], pattern.allowed(row))
    if pattern.segments is not None:
        segment = pattern.segments(longer)
        np.testing.assert_array_equal(segment[:T], pattern.segments(row))
        assert (np.diff(segment) >= 0).all()


@every_pattern
@given(row=rows())
@settings(max_examples=40, deadline=None)
def test_the_code_computes_what_the_rule_computes(pattern: Pattern, row: PaddedSentence) -> None:
    T = len(row.ids)
    names = {
        "torch": torch,
        "tokens": torch.from_numpy(row.ids),
        "real": torch.from_numpy(row.real),
        "first": row.start,
        "T": T,
        "query": torch.arange(T)[:, None],
        "key": torch.arange(T)[None, :],
        "WIDTH": row.width,
        "FIRST": row.first,
    }
    exec(pattern.code, names)
    np.testing.assert_array_equal(names["pattern"].numpy(), pattern.allowed(row))
    assert ("segment" in names) == (pattern.segments is not None)
    if pattern.segments is not None:
        np.testing.assert_array_equal(names["segment"].numpy(), pattern.segments(row))


@every_pattern
def test_its_texts_take_the_numbers_that_it_uses_and_no_others(pattern: Pattern) -> None:
    for text in (pattern.help, pattern.reason, pattern.unchanged, pattern.layers_note):
        one, other = (filled(text, width=width, first=first) for width, first in ((71, 81), (72, 82)))
        assert "{" not in one
        assert pattern.uses or one == other


def test_the_first_word_is_named_without_a_number() -> None:
    assert filled("{first_words}, {width}", width=4, first=1) == "the first word, 4"
    assert filled("{first_words}, {places}", width=4, first=3) == "the first 3, 3"
