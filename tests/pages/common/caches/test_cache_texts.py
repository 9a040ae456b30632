"""Texts on record: whoever asks for the same reads the same steps, and the decoder works once, while somebody reads."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import pytest

from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.jobs import Cancelled
from model_utils.models.loading import LoadedModel
from pages.common.caches import cache_shared
from pages.common.caches.cache_texts import Recording
from pages.common.runs.decode_job import decode_job

Steps = Generator[tuple[Any, ...], None, None]


class Decoder:
    """Makes the steps 0, 1, … and notes what it was asked for."""

    def __init__(self, steps: int) -> None:
        self.steps, self.made, self.begun, self.closed = steps, 0, 0, 0

    def __call__(self) -> Steps:
        self.begun += 1
        try:
            for number in range(self.steps):
                self.made += 1
                yield (number,)
        finally:
            self.closed += 1


def goes_on() -> None:
    """Nobody asks to stop."""


def test_two_readers_share_each_step_as_it_is_made() -> None:
    record, decoder = Recording(5, 0), Decoder(3)
    first, second = (record.read(decoder, goes_on) for _ in range(2))
    assert [next(first), next(second), next(second), next(first)] == [(0,), (0,), (1,), (1,)]
    assert decoder.made == 2
    assert [*first, *second] == [(2,), (2,)]
    assert (decoder.begun, decoder.made, decoder.closed, record.complete) == (1, 3, 1, True)
    assert [*record.read(decoder, goes_on)] == [(0,), (1,), (2,)]
    assert decoder.begun == 1


def test_a_text_of_its_full_length_is_complete_without_being_asked_for_more() -> None:
    record, decoder = Recording(2, 0), Decoder(9)
    reader = record.read(decoder, goes_on)
    assert [next(reader), next(reader)] == [(0,), (1,)]
    assert (record.complete, decoder.closed) == (True, 1)


def test_the_decoder_is_let_go_with_its_last_reader_and_who_comes_later_goes_on_from_there() -> None:
    record, decoder = Recording(4, 0), Decoder(4)
    first, second = (record.read(decoder, goes_on) for _ in range(2))
    assert [next(first), next(second), next(first)] == [(0,), (0,), (1,)]
    first.close()
    assert decoder.closed == 0
    second.close()
    assert (decoder.closed, record.complete) == (1, False)
    third = record.read(decoder, goes_on)
    assert [next(third), next(third)] == [(0,), (1,)]
    assert decoder.begun == 1
    assert [*third] == [(2,), (3,)]
    assert decoder.begun == 2


def test_who_is_told_to_stop_while_a_step_is_made_does_not_stop_the_others() -> None:
    record, asked = Recording(3, 0), [True]

    def decoder() -> Steps:
        for number in range(3):
            if number == 1 and asked.pop():
                asked.append(False)
                raise Cancelled
            yield (number,)

    first, second = (record.read(decoder, goes_on) for _ in range(2))
    assert [next(first), next(second)] == [(0,), (0,)]
    with pytest.raises(Cancelled):
        next(first)
    asked[:] = [False, False, False]
    assert [*second] == [(1,), (2,)]


def test_who_waits_for_another_s_step_can_be_told_to_stop() -> None:
    record, begun, go = Recording(1, 0), threading.Event(), threading.Event()

    def decoder() -> Steps:
        begun.set()
        assert go.wait(10)
        yield (0,)

    def stop() -> None:
        raise Cancelled

    thread = threading.Thread(target=lambda: next(record.read(decoder, goes_on)))
    thread.start()
    assert begun.wait(10)
    with pytest.raises(Cancelled):
        next(record.read(decoder, stop))
    go.set()
    thread.join(10)


def test_equal_requests_get_the_same_steps_and_the_model_runs_once(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_shared.clear()
    lanes = [Lane(prompt=(11, 12, 13), settings=SamplingSettings(seed=5))]
    first = decode_job([(tiny, lanes)], 4)
    assert first.wait(60)
    monkeypatch.setattr("model_utils.generate.decode.forward", None)  # nothing can be computed from now on
    again = decode_job([(tiny, list(lanes))], 4)
    assert again.done  # before the page is drawn
    assert again.events == first.events
    assert again.progress == first.progress
    other = decode_job([(tiny, [Lane(prompt=(11, 12, 13), settings=SamplingSettings(seed=6))])], 4)
    assert other.wait(60)
    assert other.error is not None
