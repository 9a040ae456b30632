"""Results that are kept for all sessions: made once, few enough, small enough."""

from __future__ import annotations

import threading

import pytest

from pages.common.caches import cache_shared
from pages.common.caches.cache_shared import Store, shared
from viz.base.figure import Figure, bar


def test_the_least_recently_used_result_goes_first() -> None:
    made = []

    @shared(2)
    def double(number: int, *, more: int = 0) -> int:
        made.append(number)
        return 2 * number + more

    assert [double(1), double(2), double(1), double(3), double(1), double(2)] == [2, 4, 2, 6, 2, 4]
    assert made == [1, 2, 3, 2]
    assert double(2, more=1) == 5
    cache_shared.clear()
    assert double(2, more=1) == 5
    assert made == [1, 2, 3, 2, 2, 2]


def test_all_results_together_take_so_many_bytes() -> None:
    store: Store[str] = Store(100, 10, len)
    for text in ("aaaa", "bbbb", "cccc"):
        store.get(text, lambda text=text: text)
    assert list(store._kept) == ["bbbb", "cccc"]
    assert store.get("much", lambda: "d" * 11) == "d" * 11  # too large to be kept
    assert (list(store._kept), store._bytes) == ([], 0)


def test_who_asks_for_what_is_being_made_waits_for_it() -> None:
    store, begun, go, made = Store[int](4), threading.Event(), threading.Event(), []

    def make() -> int:
        begun.set()
        assert go.wait(10)
        made.append(1)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(store.get("key", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert store.get("another", lambda: 1) == 1  # which waits for nobody
    go.set()
    for thread in threads:
        thread.join(10)
    assert (found, made) == ([7] * 4, [1])


def test_an_error_is_raised_and_not_kept() -> None:
    store: Store[float] = Store(4)
    with pytest.raises(ZeroDivisionError):
        store.get("key", lambda: 1 / 0)
    assert store.get("key", lambda: 2.0) == 2.0


def test_a_figure_is_drawn_once_for_all_that_it_depends_on() -> None:
    drawn = []

    def draw() -> Figure:
        drawn.append(1)
        return Figure(bar(x=[len(drawn)]), layout={"height": 200})

    first = cache_shared.figure(("drawn once", 1), draw)
    assert cache_shared.figure(("drawn once", 1), draw) is first
    assert cache_shared.figure(("drawn once", 2), draw).to_json() != first.to_json()
    assert len(drawn) == 2
