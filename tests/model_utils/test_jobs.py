"""A job runs apart, can be watched, stopped, and tells how it ended."""

import gc
import logging
import threading
import weakref

import pytest

from model_utils.errors import InputError
from model_utils.jobs import Job


def test_a_job_returns_what_its_work_returns():
    job = Job.start(lambda job: 42)
    assert job.wait(5)
    assert (job.result, job.error, job.done, job.cancelled) == (42, None, True, False)


def test_progress_and_events_are_seen_while_the_work_runs():
    reached, go_on = threading.Event(), threading.Event()

    def work(job):
        job.report(1, 3)
        job.publish("first")
        reached.set()
        go_on.wait(5)
        job.publish("second")

    job = Job.start(work)
    assert reached.wait(5)
    early = job.events
    assert (job.progress, early, job.done) == ((1, 3), ["first"], False)
    go_on.set()
    assert job.wait(5)
    assert job.events == ["first", "second"]
    assert early == ["first"], "a snapshot does not grow behind the reader's back"


def test_a_cancelled_job_stops_at_its_next_check_and_keeps_what_it_published():
    reached = threading.Event()

    def work(job):
        job.publish("kept")
        reached.set()
        while True:
            job.check()

    job = Job.start(work)
    assert reached.wait(5)
    job.cancel()
    assert job.wait(5)
    assert (job.cancelled, job.error, job.result, job.events) == (True, None, None, ["kept"])


def test_cancelling_after_the_end_changes_nothing():
    job = Job.start(lambda job: "done")
    job.wait(5)
    job.cancel()
    assert (job.result, job.cancelled) == ("done", False)


def test_what_a_reader_can_fix_is_kept_without_noise_in_the_log(caplog: pytest.LogCaptureFixture):
    def work(job):
        raise InputError("Too long: cut it.")

    job = Job.start(work)
    job.wait(5)
    assert str(job.error) == "Too long: cut it."
    assert not caplog.records


def test_a_bug_is_kept_and_logged(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR, logger="maskscope"):
        job = Job.start(lambda job: 1 // 0, name="divide")
        job.wait(5)
    assert isinstance(job.error, ZeroDivisionError)
    assert "divide" in caplog.text


def test_events_published_from_many_threads_are_all_there():
    def work(job):
        threads = [threading.Thread(target=lambda: [job.publish(n) for n in range(200)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    job = Job.start(work)
    job.wait(10)
    assert sorted(job.events) == sorted(list(range(200)) * 8)


def test_whoever_waits_for_news_gets_it_at_once_and_not_before() -> None:
    go = threading.Event()

    def work(job: Job[None]) -> None:
        go.wait(10)
        job.publish("first")
        job.wait_for_event(10)

    job = Job.start(work)
    assert not job.wait_for_event(0.05)
    go.set()
    assert job.wait_for_event(10)
    assert job.events == ["first"]
    silent = Job.start(lambda _: None)
    assert silent.wait_for_event(10)  # it ended without a word


def test_a_discarded_job_stops_keeps_a_digest_alone_and_takes_nothing_more():
    reached, tried = threading.Event(), threading.Event()

    def work(job):
        job.publish([1, 2])
        job.publish([3])
        reached.set()
        while not job.discarded:
            tried.wait(0.01)
        job.publish([4])
        job.check()

    job = Job(work, digest=lambda events: sum(map(len, events)))
    job.begin()
    assert reached.wait(5)
    assert job.digest is None
    job.discard()
    assert job.wait(5)
    assert (job.events, job.digest, job.discarded, job.cancelled, job.error) == ([], 3, True, False, None)
    job.discard()
    assert job.digest == 3, "a second time changes nothing"


def test_an_ended_job_gives_back_its_result_and_what_its_work_held():
    class Large:
        pass

    large = Large()
    held = weakref.ref(large)
    job = Job.start(lambda job, large=large: [large])
    del large
    assert job.wait(5)
    assert job.result is not None
    job.discard()
    assert job.result is None
    gc.collect()
    assert held() is None


def test_a_held_job_waits_at_its_next_check_until_it_may_go_or_is_to_stop():
    passed = threading.Event()

    def work(job):
        job.check()
        passed.set()
        while True:
            job.check()

    job = Job(work)
    job.hold(True)
    job.begin()
    assert job.held
    assert not passed.wait(0.1)
    job.hold(False)
    assert passed.wait(5)
    job.hold(True)
    job.cancel()
    assert job.wait(5)
    job.hold(True)
    assert not job.held, "who asked to stop does not wait"
