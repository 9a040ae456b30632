"""A mask is kept under all that its rule holds: each field of a rule is part of the key by which answers are kept."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from model_utils.generate.mask_policy import MaskPolicy
from model_utils.masks.mask import MaskSpec
from pages.common.caches.cache_shared import shared

SPEC = MaskSpec(pattern="sink", weights={1: 0.5, 3: 0.0}, cells={(5, 2), (6, 2)})
POLICY = MaskPolicy(spec=SPEC, drop_after=2)

# For each field another value than that of SPEC and POLICY.
CHANGES = {
    MaskSpec: {
        "pattern": "window",
        "width": 5,
        "first": 2,
        "padding": False,
        "sentence": 1,
        "weights": {1: 0.25, 3: 0.0},
        "cells": {(5, 2), (6, 3)},
        "gap": "close",
    },
    MaskPolicy: {"spec": replace(SPEC, cells={(5, 2)}), "drop_after": None},
}
CASES = [(base, name, CHANGES[type(base)][name]) for base in (SPEC, POLICY) for name in CHANGES[type(base)]]


@pytest.fixture
def computed() -> list[Any]:
    """Return a list that gets each rule for which no kept answer was found; `keep` asks for one."""
    return []


@pytest.fixture
def keep(computed: list[Any]) -> Any:
    @shared(8)
    def kept(rule: Any) -> int:
        computed.append(rule)
        return len(computed)

    return kept


@pytest.mark.parametrize("rule", [MaskSpec, MaskPolicy])
def test_every_field_has_a_change_to_be_tried(rule: type) -> None:
    assert {field.name for field in fields(rule)} == CHANGES[rule].keys()


@pytest.mark.parametrize(
    ("base", "name", "value"), CASES, ids=[f"{type(base).__name__}.{name}" for base, name, _ in CASES]
)
def test_a_change_of_any_field_is_another_key(base: Any, name: str, value: Any, computed, keep) -> None:
    changed = replace(base, **{name: value})
    assert changed != base
    assert keep(base) != keep(changed)
    assert keep(base) == 1
    assert computed == [base, changed]


def test_the_order_in_which_weights_and_cells_were_given_is_no_part_of_the_key(computed, keep) -> None:
    other = MaskSpec(pattern="sink", weights=((3, 0.0), (1, 0.5)), cells=[(6, 2), (5, 2), (6, 2)])
    assert keep(SPEC) == keep(other) == 1
    assert keep(POLICY) == keep(replace(POLICY, spec=other)) == 2
    assert computed == [SPEC, POLICY]


def test_a_rule_and_the_policy_that_holds_it_are_two_keys(keep) -> None:
    assert keep(MaskSpec()) != keep(MaskPolicy())
