"""The line in which work waits for the server's cores and memory: cheap work first. Imports neither torch nor streamlit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from model_utils.errors import InputError
from model_utils.jobs import Job
from model_utils.limits import RUNS_SHARE

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a piece of work takes: its operations, MB of memory while it is under way, and MB of what it has made then."""

    operations: float
    megabytes: float
    made_megabytes: float = 0.0


@dataclass
class _Place:
    needs: Needs
    admitted: bool = False  # it has its memory
    refused: bool = False


class JobQueue:
    """Jobs that share the memory and the cores of one server.

    At most `places` of them are at work at a time, those with the fewest operations; the others wait at their next
    `check`. All together take at most RUNS_SHARE of the memory that `free` says is free, in MB, which includes what
    ended ones have made: when room is short, those that ended first are discarded.
    """

    def __init__(self, *, places: int, free: Callable[[], float]) -> None:
        self._places, self._free = places, free
        self._lock = threading.Lock()
        self._line: dict[Job[Any], _Place] = {}  # in the order of their arrival
        self._made: WeakKeyDictionary[Job[Any], float] = (
            WeakKeyDictionary()
        )  # MB of ended ones, in the order of their ends

    def start(
        self,
        work: Callable[[Job[T]], T],
        needs: Needs,
        *,
        name: str = "job",
        digest: Callable[[list[Any]], Any] | None = None,
    ) -> Job[T]:
        """Return the job that runs `work(job)` when its turn has come. Raises InputError for what will never fit."""

        def in_turn(job: Job[T]) -> T:
            try:
                job.check()
                if place.refused:
                    raise too_much(needs, RUNS_SHARE * self._free())
                return work(job)
            finally:
                self._end(job)

        job, place = Job(in_turn, name=name, digest=digest), _Place(needs)
        with self._lock:
            if needs.megabytes > RUNS_SHARE * (self._free() + self._under_way() + self._kept()):
                raise too_much(needs, RUNS_SHARE * self._free())
            self._line[job] = place
            self._share()
        job.begin()
        return job

    def ahead(self, job: Job[Any]) -> int:
        """Return how many jobs come before one that waits; 0 for one that is at work or has ended."""
        with self._lock:
            return self._order().index(job) if job in self._line and job.held else 0

    def _order(self) -> list[Job[Any]]:
        return sorted(self._line, key=lambda job: self._line[job].needs.operations)

    def _share(self) -> None:
        """Say of every job whether it goes on or waits."""
        at_work, allowed = 0, RUNS_SHARE * self._free()
        for job in self._order():
            place = self._line[job]
            if at_work < self._places and not place.admitted:
                place.admitted = self._make_room(allowed, place.needs)
                # Nobody is there whose end could make room: the memory went elsewhere while it waited.
                place.refused = not place.admitted and not self._under_way()
            goes = at_work < self._places and (place.admitted or place.refused)
            at_work += goes
            job.hold(not goes)

    def _make_room(self, allowed: float, needs: Needs) -> bool:
        """Return whether the memory is there, after discarding what stands in its way and can be made again."""
        room = allowed - self._under_way() - needs.megabytes
        if room < 0:
            return False
        while self._kept() > room:
            oldest = next(iter(self._made))
            del self._made[oldest]
            oldest.discard()
        return True

    def _under_way(self) -> float:
        """Return the MB of all jobs that have their memory."""
        return sum(place.needs.megabytes for place in self._line.values() if place.admitted)

    def _kept(self) -> float:
        """Return the MB of what ended jobs have made."""
        return sum(size for job, size in self._made.items() if not job.discarded)

    def _end(self, job: Job[Any]) -> None:
        with self._lock:
            place = self._line.pop(job)
            done, total = job.progress
            self._made[job] = place.needs.made_megabytes * done / (total or 1)
            self._share()


def too_much(needs: Needs, room: float) -> InputError:
    """Return the error for work that does not fit into `room` MB, what is left of RUNS_SHARE of the free memory."""
    return InputError(
        f"This takes {needs.megabytes:,.0f} MB of memory, and all runs of this server may take {room:,.0f} MB now, "
        f"{RUNS_SHARE:.0%} of what is free: ask for fewer texts, samples or new tokens, or try again later."
    )
