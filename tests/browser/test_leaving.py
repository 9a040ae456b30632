"""Readers who leave, by Streamlit's own protocol: the server works no more for them, and who comes back goes on."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from deploy.workers import free_port
from model_utils.generate.filters.filter_settings import SamplingSettings
from model_utils.generate.lane import Lane
from model_utils.generate.needs import decoding_needs
from model_utils.limits import MAX_NEW_TOKENS, MAX_SAMPLES, MAX_SETTINGS
from model_utils.models.loading import LoadedModel
from tests.tools.server import start_app
from tests.tools.visitors import Visitor, strips

READERS = 20
IDLE = 0.15  # of a core; at work beside other programs a server may get little more
SETTINGS = ";".join(f"k{k}" for k in range(1, MAX_SETTINGS + 1))
PROMPT = 4  # tokens of "Once upon a time"
LARGEST = f"settings={SETTINGS}&samples={MAX_SAMPLES}&max_new_tokens={MAX_NEW_TOKENS}"


class Server:
    """A running app that has loaded its model, and what its process takes."""

    def __init__(self, address: str, pid: int) -> None:
        self.address, self._process = address, psutil.Process(pid)

    def megabytes(self) -> float:
        return float(self._process.memory_info().rss) / 1e6

    def busy(self, seconds: float = 1.0) -> float:
        """Return how many cores the server keeps busy over some seconds."""
        before = sum(self._process.cpu_times()[:2])
        time.sleep(seconds)
        return float(sum(self._process.cpu_times()[:2]) - before) / seconds

    def home(self) -> float:
        """Return after how many seconds a new visitor has Home."""
        start = time.monotonic()
        with Visitor(self.address) as visitor:
            visitor.open()
        return time.monotonic() - start


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    port = free_port()
    process = start_app(port)
    try:
        found = Server(f"http://127.0.0.1:{port}", process.pid)
        with Visitor(found.address) as visitor:
            visitor.open(patience=120)  # a server that starts beside other work
            visitor.open("Compare", "max_new_tokens=2")
        yield found
    finally:
        process.terminate()
        process.wait(timeout=20)


def soon(true: Callable[[], bool], seconds: float) -> bool:
    """Return whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return true()


def test_twenty_who_ask_for_the_largest_comparison_and_leave_cost_nothing_afterwards(
    server: Server, tiny: LoadedModel
) -> None:
    assert soon(lambda: server.busy(0.5) < 0.1, 20)
    before = server.megabytes()
    readers = [Visitor(server.address) for _ in range(READERS)]
    for reader in readers:
        reader.ask("Compare", LARGEST)
        time.sleep(0.1)
    waits = [server.home() for _ in range(5)]
    time.sleep(3)
    most, at_work = server.megabytes(), server.busy()
    for reader in readers:
        reader.leave()
    time.sleep(5)
    assert server.busy() < IDLE
    assert server.megabytes() - before < 300
    assert at_work > IDLE  # there was something to stop
    assert statistics.median(waits) < 1
    lanes = [Lane(prompt=(11,) * 20, settings=SamplingSettings())] * (MAX_SETTINGS * MAX_SAMPLES)
    assert most - before < 2 * decoding_needs([(tiny, lanes)], MAX_NEW_TOKENS).megabytes + 100


def test_who_comes_back_sees_the_text_so_far_and_it_goes_on(server: Server) -> None:
    page = ("Generate", f"max_new_tokens={MAX_NEW_TOKENS}&temperature=0&text=Once+upon+a+time")
    reader = Visitor(server.address)
    reader.open(*page)
    time.sleep(1)
    reader.open()  # another page, and back: the text goes on
    messages = reader.open(*page)
    seen = text(messages)
    assert len(seen) > 10
    assert "quiet" not in {token["state"] for token in strips(messages)[0][PROMPT:]}  # nothing is made again
    reader.leave()
    assert soon(lambda: server.busy(0.5) < 0.1, 2)
    with Visitor(server.address, reader.session) as again:
        # What a browser asks for after a moment without network: its page stands, and the text in it has a beat.
        again.beat(messages, page[1])
        at_once = text(again.read())
        assert again.session == reader.session
        assert at_once[: len(seen)] == seen
        assert len(at_once) < MAX_NEW_TOKENS
        assert soon(lambda: len(text(again.open(*page))) > len(at_once), 30)
        assert text(again.open(*page))[: len(at_once)] == at_once


def text(messages: list) -> list[str]:
    """Return the tokens of the first text of a page, but for the mark of the one that comes next."""
    return [token["text"] for token in strips(messages)[0] if token["state"] != "blank"]
