"""One piece of work on its own thread, which any session may watch and stop. Imports neither torch nor streamlit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from model_utils.errors import ReaderError

T = TypeVar("T")

log = logging.getLogger("maskscope")


class Cancelled(Exception):  # noqa: N818 - it is not an error: somebody asked for it
    """The work was stopped on request."""


class Job(Generic[T]):
    """Work under way: how far it is, what it has published, and how it ended.

    Everything may be read from any thread at any time. The work itself calls `report`, `publish` and `check`; whoever
    watches calls `cancel` and `wait`, and reads the rest. A stopped job keeps what it had published; a discarded one gives
    it back and keeps of its events only what `digest` makes of them.
    """

    def __init__(
        self, work: Callable[[Job[T]], T], *, name: str = "job", digest: Callable[[list[Any]], Any] | None = None
    ) -> None:
        self._work: Callable[[Job[T]], T] | None = work
        self._make_digest = digest
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._stop = threading.Event()
        self._go = threading.Event()  # cleared while others go first
        self._go.set()
        self._discarded = False
        self._digest: Any = None
        self._ended = threading.Event()
        self._progress = (0, 0)
        self._events: list[Any] = []
        self._result: T | None = None
        self._error: Exception | None = None
        # A daemon: a server that shuts down does not wait for a download.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def start(cls, work: Callable[[Job[T]], T], *, name: str = "job") -> Job[T]:
        """Return the job that runs `work(job)` from now on, on a daemon thread called `name`."""
        job = cls(work, name=name)
        job.begin()
        return job

    def begin(self) -> None:
        """Start the work, once."""
        self._thread.start()

    def _run(self) -> None:
        work, self._work = self._work, None  # it may hold much, and the job outlives it
        try:
            result = None if work is None else work(self)
            with self._lock:
                self._result = None if self._discarded else result
        except Cancelled:
            if not self._discarded:
                self._stop.set()
        except ReaderError as error:
            self._error = error
        except Exception as error:  # whatever it is: nobody else would ever see it, and the page raises it again
            log.exception("Job %s failed", self._thread.name)
            self._error = error
        finally:
            with self._news:
                self._ended.set()
                self._news.notify_all()

    def cancel(self) -> None:
        """Ask the work to stop; it does so at its next `check`. Work that has ended stays as it is."""
        with self._lock:
            if not self.done:
                self._stop.set()
                self._go.set()

    def discard(self) -> None:
        """Stop the work as `cancel` does, and give back what it has made, whoever still holds this job."""
        with self._news:
            if self._discarded:
                return
            self._discarded = True
            self._digest = None if self._make_digest is None else self._make_digest(self._events)
            self._events, self._result = [], None
            self._go.set()
            self._news.notify_all()

    def hold(self, held: bool) -> None:
        """Let the work wait at its next `check` from now on, or go on again. Who asked to stop does not wait."""
        with self._lock:
            if held and not (self._stop.is_set() or self._discarded):
                self._go.clear()
            else:
                self._go.set()

    def check(self) -> None:
        """Wait while the work is held, and raise Cancelled when it is to stop. The work calls this between its steps."""
        self._go.wait()
        self.check_stop()

    def check_stop(self) -> None:
        """Raise Cancelled when the work is to stop, and do not wait: for where it holds what others wait for."""
        if self._stop.is_set() or self._discarded:
            raise Cancelled

    def report(self, done: int, total: int) -> None:
        """Note that `done` of `total` units are behind us (0 of 0: not known yet)."""
        self._progress = (done, total)

    def publish(self, event: object) -> None:
        """Append `event` to what watchers see."""
        with self._news:
            if not self._discarded:
                self._events.append(event)
                self._news.notify_all()

    @property
    def events(self) -> list[Any]:
        """Return a copy of all that was published so far, in order."""
        with self._lock:
            return list(self._events)

    @property
    def progress(self) -> tuple[int, int]:
        """Return (done, total) as last reported."""
        return self._progress

    @property
    def cancelled(self) -> bool:
        """Return whether somebody asked to stop."""
        return self._stop.is_set()

    @property
    def discarded(self) -> bool:
        """Return whether what the work has made was given back."""
        return self._discarded

    @property
    def digest(self) -> Any:
        """Return what was kept of the events of a discarded job; None before."""
        return self._digest

    @property
    def held(self) -> bool:
        """Return whether the work has to wait at its next `check`."""
        return not self._go.is_set()

    @property
    def done(self) -> bool:
        """Return whether the work has ended: with a result, with an error, or stopped."""
        return self._ended.is_set()

    @property
    def result(self) -> T | None:
        """Return what the work returned; None while it runs, and when it failed or was stopped."""
        return self._result

    @property
    def error(self) -> Exception | None:
        """Return the exception that ended the work, or None. A ReaderError carries a sentence for the reader."""
        return self._error

    def wait_for_event(self, timeout: float) -> bool:
        """Return whether something has been published, or the work has ended, within `timeout` seconds."""
        with self._news:
            self._news.wait_for(lambda: bool(self._events) or self._discarded or self._ended.is_set(), timeout)
        return bool(self._events) or self.done

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether the work has ended within `timeout` seconds (None: wait for as long as it takes)."""
        return self._ended.wait(timeout)
