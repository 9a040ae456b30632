"""The hand mask as text: what a link may hold, and the error when it cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_utils.errors import InputError
from model_utils.masks.link import format_cells, format_weights, parse_cells, parse_weights


def test_pairs_are_read_in_any_order_and_full_weights_are_left_out() -> None:
    assert parse_weights(" 4:0, 3:0.5,, 1:1 ,2:.25", 5) == {2: 0.25, 3: 0.5, 4: 0.0}
    assert parse_weights("", 5) == {}
    assert parse_cells("6-2, 5-2,6-2", 7) == {(5, 2), (6, 2)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3", "'3', which is no pair"),
        ("3:", "no pair of token and mask value"),
        ("three:0", "write it as 3:0.5,4:0"),
        ("-1:0", "no pair"),
        ("٣:0", "no pair"),
        ("3:nan", "no pair"),
        ("3:0.5:1", "no pair"),
        ("3;4:0", "no pair"),
        ("3:1.5", "token 3 is 1.5: mask values go from 0"),
        ("3:-0.5", "mask values go from 0"),
        ("3:1e9", "mask values go from 0"),
        ("9:0", "names token 9, but the sentence has tokens 0 to 4"),
        ("3:0,3:0.5", "Token 3 has two mask values"),
        ("9" * 400 + ":0", "no pair"),
    ],
)
def test_each_fault_of_the_weights_gets_its_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_weights(text, 5)


@pytest.mark.parametrize(
    ("text", "words"), [("5", "no pair of tokens"), ("1:2", "5-2,6-2"), ("9-0", "token 9"), ("0-9", "token 9")]
)
def test_each_fault_of_the_cells_gets_its_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_cells(text, 5)


@given(st.dictionaries(st.integers(0, 99), st.floats(0, 1)))
def test_weights_go_through_the_link_to_four_decimals(weights: dict[int, float]) -> None:
    back = parse_weights(format_weights(weights), 100)
    assert set(back) == {token for token, weight in weights.items() if weight < 1}
    for token, weight in back.items():
        assert weight == pytest.approx(weights[token], abs=1e-4)
        assert (weight == 0) == (weights[token] == 0)  # what is softened never becomes hidden


@given(st.frozensets(st.tuples(st.integers(0, 99), st.integers(0, 99))))
def test_cells_go_through_the_link_unchanged(cells: frozenset[tuple[int, int]]) -> None:
    assert parse_cells(format_cells(cells), 100) == cells
