"""What stays in memory is left out of collections, and what has become garbage since is found in the end."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from threading import Event, Thread

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


@pytest.fixture
def threads_take_turns() -> Iterator[None]:
    """Let threads change as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_who_fills_a_tuple_is_not_disturbed_by_what_another_thread_collects(
    watched: None, threads_take_turns: None
) -> None:
    ended = Event()

    def collections_end() -> None:
        while not ended.is_set():
            garbage._around("stop", {"generation": 2})

    def numbers() -> Iterator[int]:
        yield 0
        gc.collect()  # the tuple is among the survivors from here on
        yield from range(1, 2_000)

    kept = [[] for _ in range(garbage.WALKED // 2)]
    other = Thread(target=collections_end)
    other.start()
    try:
        assert all(tuple(numbers()) == tuple(range(2_000)) for _ in range(100))
    finally:
        ended.set()
        other.join()
    assert kept
