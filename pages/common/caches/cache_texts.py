"""Texts that were made lately, step by step: who asks for the same gets the same steps, without the model.

A class opens one link, and each of its sessions asks for the texts of that step of a lesson at about the same time. The first
who needs a step has it made; all others read it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Hashable
from typing import TYPE_CHECKING, Any

from pages.common.caches import cache
from pages.common.caches.cache_shared import Store

if TYPE_CHECKING:
    Steps = Generator[tuple[Any, ...], None, None]

# Of the records of all texts, those that still grow included: 8,000 steps of a text.
TEXTS_BYTES = 24_000_000


# Seconds between two looks at whether a reader still waits.
PATIENCE = 0.1


class Recording:
    """The steps of one batch of texts as far as they are made, and, while somebody reads, the decoder that makes more.

    There are at most `most`. `size` is an upper bound of the bytes of all.
    """

    def __init__(self, most: int, size: int) -> None:
        self.size, self.complete = size, False
        self._most = most
        self._steps: list[tuple[Any, ...]] = []
        self._decoder: Steps | None = None
        self._readers = 0
        self._lock, self._counting = threading.Lock(), threading.Lock()  # the first is held while a step is made

    def read(self, make: Callable[[], Steps], check: Callable[[], None]) -> Steps:
        """Yield all steps from the first on; `make` begins to decode, where more are needed than there are.

        `check` is called while another reader has a step made: it raises to stop waiting.
        """
        self._count(1)
        try:
            number = 0
            while (steps := self._step(number, make, check)) is not None:
                yield steps
                number += 1
        finally:
            # The last one lets the decoder go, which holds keys and values. Who has come meanwhile does that later.
            if not self._count(-1) and self._lock.acquire(blocking=False):
                if not self._count(0):
                    self._stop()
                self._lock.release()

    def _count(self, more: int) -> int:
        with self._counting:
            self._readers += more
            return self._readers

    def _step(self, number: int, make: Callable[[], Steps], check: Callable[[], None]) -> tuple[Any, ...] | None:
        """Return a step, None behind the last. Who has it made may be told to stop meanwhile: others then begin anew."""
        while not self._lock.acquire(timeout=PATIENCE):
            check()
        try:
            if len(self._steps) == number and not self.complete:
                self._advance(make)
            return self._steps[number] if number < len(self._steps) else None
        except BaseException:
            self._stop()
            raise
        finally:
            self._lock.release()

    def _advance(self, make: Callable[[], Steps]) -> None:
        """Have one more step made; a decoder that begins anew makes those again that are there."""
        anew = self._decoder is None
        decoder = self._decoder = make() if self._decoder is None else self._decoder
        for _ in range(len(self._steps) + 1 if anew else 1):
            # The gate is held for one step at a time, so that many readers' texts grow side by side.
            with cache.gate():
                steps = next(decoder, None)
        if steps is not None:
            self._steps.append(steps)
        if steps is None or len(self._steps) == self._most:
            self.complete = True
            self._stop()

    def _stop(self) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.close()


_TEXTS: Store[Recording] = Store(1_000, TEXTS_BYTES, lambda recording: recording.size)


def recording(key: Hashable, most: int, size: float) -> Recording:
    """Return the record of the texts of `key`, which says all that they depend on; the rest is as in `Recording`."""
    return _TEXTS.get(key, lambda: Recording(most, int(size)))
