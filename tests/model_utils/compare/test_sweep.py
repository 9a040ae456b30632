"""Rows that differ in one setting alone are a sweep."""

from __future__ import annotations

from model_utils.compare.settings import parse
from model_utils.compare.sweep import find_sweep


def test_rows_that_differ_in_one_setting_are_a_sweep_in_its_order() -> None:
    found = find_sweep(parse("t1;k2;k50"))
    assert found is not None
    assert (found.title, found.order, found.ticks) == ("k", (1, 2, 0), ("2", "50", "off"))
    found = find_sweep(parse("t1,k5;t0.5,k5;t2,k5"))
    assert found is not None
    assert (found.title, found.ticks) == ("the temperature", ("0.5", "1", "2"))
    for line in ("k2;k50", "k2;k50;p0.9", "k2;k50;k50", "k2;k5,s1;k9", "k2;k5;k9,optkm"):
        assert find_sweep(parse(line)) is None


def test_greedy_is_the_first_of_a_sweep_over_beams() -> None:
    found = find_sweep(parse("b4;t0;b2"))
    assert found is not None
    assert (found.order, found.ticks) == ((1, 2, 0), ("1", "2", "4"))
    assert find_sweep(parse("t1;b2;b4")) is None
