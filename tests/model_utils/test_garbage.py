"""What stays in memory is left out of collections, and what has become garbage since is found in the end."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from model_utils import garbage


class Node:
    """What can be in a cycle."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Watch collections while the test runs, those that it asks for alone."""
    before = gc.isenabled()
    gc.disable()
    garbage.set_aside()
    garbage.keep_collections_short()
    garbage.keep_collections_short()
    assert gc.callbacks.count(garbage._around) == 1
    yield
    gc.callbacks.remove(garbage._around)
    gc.unfreeze()
    if before:
        gc.enable()


def test_much_that_has_survived_is_set_aside_and_little_is_not(watched: None) -> None:
    few = [[] for _ in range(garbage.WALKED // 10)]
    gc.collect()
    assert len(gc.get_objects(generation=2)) >= len(few)
    many = [[] for _ in range(2 * garbage.WALKED)]
    gc.collect()
    assert len(gc.get_objects()) < garbage.WALKED
    assert gc.get_freeze_count() > len(many)


def test_a_cycle_that_was_set_aside_is_found_once_much_has_been_set_aside(
    watched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "SET_ASIDE", 3 * garbage.WALKED)
    node = Node()
    gone = weakref.ref(node)
    kept = [[[] for _ in range(2 * garbage.WALKED)]]
    gc.collect()
    del node
    gc.collect()
    assert gone() is not None  # in no generation that is walked
    kept.append([[] for _ in range(2 * garbage.WALKED)])
    gc.collect()
    gc.collect()
    assert gone() is None
    assert len(gc.get_objects()) < garbage.WALKED
