"""What is computed once for all sessions: bounded stores whose keys are compared as they are.

Streamlit's own takes each argument apart to bytes at every call, which costs 0.1 to 1 ms for a batch of sentences; a page asks
for the same few results a hundred times.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeVar

import streamlit as st

if TYPE_CHECKING:
    from viz.base.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

# Bytes of all figures that are kept, as they are sent: some 500 of a page's first screen.
FIGURES_BYTES = 24_000_000


class Store(Generic[R]):
    """The `most` latest results of at most `most_bytes`; who asks for one that is being made waits for it.

    `size` returns the bytes of a result. Results are given to many sessions: nobody may change one.
    """

    _all: ClassVar[list[Store[Any]]] = []  # for `clear`

    def __init__(self, most: int, most_bytes: float = 0, size: Callable[[R], int] = lambda _: 0) -> None:
        self._most, self._most_bytes, self._size = most, most_bytes, size
        self._kept: OrderedDict[Hashable, R] = OrderedDict()  # least recently used first
        self._bytes = 0
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        Store._all.append(self)

    def get(self, key: Hashable, make: Callable[[], R]) -> R:
        """Return what is kept under `key`, made by the first who asks. Its errors are raised, and not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                result = make()
                self._keep(key, result)
                return result
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def _keep(self, key: Hashable, result: R) -> None:
        with self._lock:
            self._forget(key)
            self._kept[key] = result
            self._bytes += self._size(result)
            while len(self._kept) > self._most or self._bytes > self._most_bytes:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        if key in self._kept:
            self._bytes -= self._size(self._kept.pop(key))

    def clear(self) -> None:
        """Forget all results."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


class Shared(Generic[P, R]):
    """A function whose latest results are kept."""

    def __init__(self, make: Callable[P, R], most: int) -> None:
        self._make, self._store = make, Store[R](most)
        update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the result for these arguments, all of which can be hashed."""
        return self._store.get((args, *sorted(kwargs.items())), lambda: self._make(*args, **kwargs))


def shared(most: int) -> Callable[[Callable[P, R]], Shared[P, R]]:
    """Return the decorator that keeps the `most` latest results of a function for all sessions."""
    return lambda make: Shared(make, most)


_FIGURES: Store[Figure] = Store(1_000, FIGURES_BYTES, lambda figure: len(figure.to_json()))


def figure(key: tuple[Hashable, ...], draw: Callable[[], Figure]) -> Figure:
    """Return the figure `draw()` as it is written, drawn once for all sessions; `key` holds all that it depends on.

    The first part of the key is the name of the figure, so that two of the same numbers are two.
    """
    return _FIGURES.get(key, lambda: draw().written())


def clear() -> None:
    """Forget everything that is kept, by Streamlit too."""
    for store in Store._all:
        store.clear()
    st.cache_resource.clear()
    st.cache_data.clear()
