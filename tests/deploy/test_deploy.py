"""Several processes behind HAProxy: readers stay with one, rooms are found, what ends is replaced, all are renewed in turns."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.proxy import configuration
from deploy.workers import MOST_WORKERS, firsts, free_port
from lessons.rooms import ALPHABET, Rooms
from tests.tools.server import ROOT

pytestmark = pytest.mark.usefixtures("haproxy")


class Served:
    """A running `python -m deploy` with two processes, and what it has said."""

    def __init__(self, log: Path) -> None:
        self.port, self._log = free_port(), log
        command = [sys.executable, "-m", "deploy", "--workers", "2", "--port", str(self.port), "--address", "127.0.0.1"]
        with log.open("wb") as file:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)

    def pids(self) -> dict[str, int]:
        """Return the number of each process, the latest start counts."""
        return {name: int(pid) for name, pid in re.findall(r"(w\d) is process (\d+)", self._log.read_text())}

    def ask(self, path: str, cookie: str = "") -> tuple[int, dict[str, str]]:
        """Return status and headers of an answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = line.getresponse()
        answer.read()
        line.close()
        headers: dict[str, str] = {}
        for name, value in answer.getheaders():
            headers[name.lower()] = f"{headers.get(name.lower(), '')} {value}".strip()
        return answer.status, headers

    def process_of(self, path: str, cookie: str = "") -> str:
        """Return the process with which a reader of `path` stays from now on; nothing where that was so before."""
        found = re.search(r"MASKSCOPE=(w\d)", self.ask(path, cookie)[1].get("set-cookie", ""))
        return found[1] if found else ""

    def both_answer(self) -> bool:
        """Return whether new readers come to each of the two processes."""
        with suppress(OSError):  # HAProxy is not there yet
            return {self.process_of("/") for _ in range(4)} == {"w0", "w1"}
        return False


def until(true: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until `true()` is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, haproxy: str) -> Iterator[Served]:
    """Return two processes that both serve pages."""
    one = Served(tmp_path_factory.mktemp("deploy") / "log")
    try:
        until(one.both_answer)
        yield one
    finally:
        one.process.terminate()
        one.process.wait(60)


def test_haproxy_takes_the_configuration_and_warns_of_nothing(tmp_path: Path, haproxy: str) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(configuration([8001, 8002, 8003], firsts(3), bind="*:8501", socket=tmp_path / "orders"))
    said = subprocess.run([haproxy, "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    assert (said.returncode, "WARNING" in said.stderr + said.stdout) == (0, False)


@pytest.mark.parametrize("workers", [1, 2, 5, MOST_WORKERS])
def test_each_first_letter_of_a_room_belongs_to_one_process(workers: int) -> None:
    found = firsts(workers)
    assert sorted("".join(found)) == sorted(ALPHABET)
    assert all(Rooms(firsts=own).open().letters[0] in own for own in found)


def test_a_reader_stays_with_a_process_and_a_room_leads_to_its_own(served: Served) -> None:
    status, headers = served.ask("/Heads")
    assert status == 200
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    for name in ("w0", "w1"):
        assert not served.process_of("/", f"MASKSCOPE={name}")
    for name, letters in zip(("w0", "w1"), firsts(2), strict=True):
        for letter in letters:
            assert served.process_of(f"/Lessons?room={letter}XXXXX") == name
            assert served.process_of(f"/room/{letter.lower()}xxxxx") == name


def test_what_is_killed_is_replaced_and_its_readers_go_to_another(served: Served) -> None:
    before = served.pids()
    os.kill(before["w1"], signal.SIGKILL)
    until(lambda: served.process_of("/", "MASKSCOPE=w1") == "w0", 20)
    until(served.both_answer)
    after = served.pids()
    assert (after["w0"], after["w1"] != before["w1"]) == (before["w0"], True)


def test_processes_are_renewed_one_after_another_and_somebody_answers_all_the_time(served: Served) -> None:
    before, answers = served.pids(), []
    served.process.send_signal(signal.SIGHUP)

    def renewed() -> bool:
        answers.append(served.ask("/_stcore/health", "MASKSCOPE=w0")[0])
        answers.append(served.ask("/Lessons?room=BXXXXX")[0])
        return all(served.pids()[name] != before[name] for name in before)

    until(renewed, 150)
    until(served.both_answer)
    assert set(answers) == {200}
