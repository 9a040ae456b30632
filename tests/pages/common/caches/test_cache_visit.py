"""A connection that ends takes its jobs along, also those that are started in the same moment."""

from __future__ import annotations

import threading

from model_utils.jobs import Job
from pages.common.caches.cache_visit import Visit


def endless(started: threading.Event) -> Job[None]:
    def work(job: Job[None]) -> None:
        started.set()
        while True:
            job.check()

    return Job.start(work)


def test_jobs_under_way_and_ended_are_discarded_when_the_visit_ends() -> None:
    visit, started = Visit(), threading.Event()
    running, ended = endless(started), Job.start(lambda job: job.publish("kept"))
    assert started.wait(10)
    assert ended.wait(10)
    visit.watch(running)
    visit.watch(ended)
    assert ended.events == ["kept"]
    visit.end()
    assert running.wait(10)
    assert running.discarded
    assert ended.wait_for_event(10)
    for _ in range(1000):
        if ended.discarded:
            break
        threading.Event().wait(0.01)
    assert ended.discarded
    assert ended.events == []


def test_a_job_that_is_started_after_the_end_is_discarded_at_once() -> None:
    visit, started = Visit(), threading.Event()
    visit.end()
    job = endless(started)
    visit.watch(job)
    assert job.wait(10)
    assert job.discarded


def test_a_job_of_another_visit_goes_on() -> None:
    here, there, started = Visit(), Visit(), threading.Event()
    job = endless(started)
    there.watch(job)
    here.end()
    assert not job.wait(0.1)
    job.cancel()
    assert job.wait(10)
    assert not job.discarded
