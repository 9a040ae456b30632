"""Cores that torch leaves to others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import torch

from model_utils.generate import threads


def elsewhere(work: Callable[[], object]) -> None:
    """Run `work` in a thread of its own."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let torch use four threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "_CORES", 4)
    elsewhere(lambda: torch.set_num_threads(4))
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four")
def test_one_thread_leaves_a_core_and_later_ones_use_all() -> None:
    seen: list[int] = []

    def work() -> None:
        seen.append(torch.get_num_threads())
        threads.leave_a_core()
        seen.append(torch.get_num_threads())
        threads.leave_a_core()
        seen.append(torch.get_num_threads())

    elsewhere(work)
    elsewhere(lambda: seen.append(torch.get_num_threads()))
    assert seen == [4, 3, 3, 4]


def test_a_single_core_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_CORES", 1)
    seen: list[int] = []

    def work() -> None:
        torch.set_num_threads(1)
        threads.leave_a_core()
        seen.append(torch.get_num_threads())

    before = torch.get_num_threads()
    elsewhere(work)
    torch.set_num_threads(before)
    assert seen == [1]
