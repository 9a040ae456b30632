"""Jobs share cores and memory: cheap ones first, never more at once than there is room for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from model_utils.errors import InputError, ReaderError
from model_utils.job_queue import JobQueue, Needs
from model_utils.jobs import Job
from model_utils.limits import RUNS_SHARE
from tests.tools.sentences import numbers


def queue(places: int = 1, room: float = 100) -> JobQueue:
    """Return a queue whose jobs may take `room` MB together."""
    return JobQueue(places=places, free=lambda: room / RUNS_SHARE)


class Steps:
    """Work in steps, each of which has to be let through."""

    def __init__(self, log: list[str], name: str, steps: int = 2) -> None:
        self.log, self.name, self.steps = log, name, steps
        self.allowed = threading.Semaphore(0)

    def __call__(self, job: Job[str]) -> str:
        for number in range(self.steps):
            job.check()
            self.log.append(self.name)
            job.publish(number)
            job.report(number + 1, self.steps)
            assert self.allowed.acquire(timeout=10)
        return self.name


def needs(operations: float = 1, megabytes: float = 1, made: float = 0) -> Needs:
    return Needs(operations=operations, megabytes=megabytes, made_megabytes=made)


def soon(true: Callable[[], bool]) -> bool:
    """Return whether something comes true within some seconds."""
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return true()


def test_one_job_a_place_the_others_know_how_many_are_ahead_of_them() -> None:
    line, log = queue(places=2), list[str]()
    works = [Steps(log, str(number), steps=1) for number in range(5)]
    jobs = [line.start(work, needs()) for work in works]
    assert soon(lambda: sorted(log) == ["0", "1"])
    assert [line.ahead(job) for job in jobs] == [0, 0, 2, 3, 4]
    jobs[3].cancel()
    assert jobs[3].wait(10)
    assert (jobs[3].cancelled, jobs[3].events) == (True, [])
    assert [line.ahead(job) for job in jobs] == [0, 0, 2, 0, 3]
    works[0].allowed.release()
    assert soon(lambda: sorted(log) == ["0", "1", "2"])
    for work in works:
        work.allowed.release()
    assert all(job.wait(10) for job in jobs)
    assert [job.result for job in jobs] == ["0", "1", "2", None, "4"]


def test_cheap_work_goes_first_even_between_the_steps_of_what_is_at_work() -> None:
    line, log = queue(places=1), list[str]()
    long, cheap = Steps(log, "long", steps=3), Steps(log, "cheap", steps=1)
    slow = line.start(long, needs(operations=100))
    assert soon(lambda: log == ["long"])
    quick = line.start(cheap, needs(operations=1))
    assert line.ahead(quick) == 0
    assert line.ahead(slow) == 1
    long.allowed.release()  # the step under way ends; the next one waits
    assert soon(lambda: log == ["long", "cheap"])
    cheap.allowed.release()
    assert soon(lambda: log == ["long", "cheap", "long"])
    slow.cancel()
    long.allowed.release()
    assert slow.wait(10)


def test_all_together_take_no_more_memory_than_there_is() -> None:
    line, log = queue(places=8, room=100), list[str]()
    works = [Steps(log, name, steps=1) for name in ("a", "b", "c", "small")]
    jobs = [line.start(work, needs(megabytes=40)) for work in works[:3]]
    small = line.start(works[3], needs(megabytes=10))
    assert soon(lambda: sorted(log) == ["a", "b", "small"])
    assert line.ahead(jobs[2]) == 2
    works[0].allowed.release()
    assert soon(lambda: "c" in log)
    for work in works:
        work.allowed.release()
    assert all(job.wait(10) for job in (*jobs, small))


def test_what_will_never_fit_is_refused_with_both_numbers() -> None:
    with pytest.raises(InputError) as refused:
        queue(room=100).start(Steps([], "never"), needs(megabytes=101))
    assert numbers(str(refused.value))[:2] == [101, 100]


def test_what_no_longer_fits_when_its_turn_comes_says_so() -> None:
    free = [400.0]
    line, log = JobQueue(places=1, free=lambda: free[0]), list[str]()
    first, second = Steps(log, "first", steps=1), Steps(log, "second", steps=1)
    line.start(first, needs(megabytes=90))
    waits = line.start(second, needs(megabytes=90))
    free[0] = 40  # others took it
    first.allowed.release()
    assert waits.wait(10)
    assert isinstance(waits.error, ReaderError)
    assert log == ["first"]


def test_what_ended_jobs_made_gives_way_the_oldest_first() -> None:
    line, log = queue(places=1, room=100), list[str]()
    ended = []
    for name in ("oldest", "older"):
        work = Steps(log, name, steps=1)
        work.allowed.release()
        ended.append(line.start(work, needs(megabytes=50, made=40)))
        assert ended[-1].wait(10)
    assert [job.discarded for job in ended] == [False, False]
    work = Steps(log, "new", steps=1)
    work.allowed.release()
    assert line.start(work, needs(megabytes=50)).wait(10)
    assert [job.discarded for job in ended] == [True, False]
    assert ended[1].result == "older"


def test_a_discarded_job_leaves_the_line_and_its_memory() -> None:
    line, log = queue(places=1, room=100), list[str]()
    works = [Steps(log, name, steps=2) for name in ("gone", "waits", "next")]
    gone, waits, after = [line.start(work, needs(megabytes=90)) for work in works]
    assert soon(lambda: log == ["gone"])
    waits.discard()
    assert waits.wait(10)
    gone.discard()
    works[0].allowed.release()
    assert gone.wait(10)
    assert soon(lambda: log == ["gone", "next"])
    after.cancel()
    works[2].allowed.release()
    assert after.wait(10)


def test_a_failure_makes_room_for_the_next() -> None:
    line = queue(places=1)

    def fails(job: Job[None]) -> None:
        raise InputError("Too long: cut it.")

    failed = line.start(fails, needs())
    assert failed.wait(10)
    assert str(failed.error) == "Too long: cut it."
    assert line.start(lambda job: 1, needs()).wait(10)
