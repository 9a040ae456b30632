"""The processes of the app behind the proxy: started, watched, replaced, renewed one after another."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from deploy.proxy import name
from lessons.rooms import ALPHABET

ROOT = Path(__file__).resolve().parents[1]
# Each has letters of its own for its rooms to begin with.
MOST_WORKERS = len(ALPHABET)
# Seconds until a process that has just started answers, and until one that is told to stop has stopped.
START, STOP = 120, 20
# Seconds for which a process that is sent nobody any more still answers whom it was sent before.
DRAIN = 2.0
# Seconds between two starts of one process: one that cannot start must not take a core for trying.
PAUSE = 2.0

log = logging.getLogger("maskscope.deploy")


def firsts(workers: int) -> list[str]:
    """Return for each of `workers` processes the letters that its rooms begin with."""
    return [ALPHABET[worker::workers] for worker in range(workers)]


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def haproxy() -> str | None:
    """Return where HAProxy is installed, None where it is not; Debian keeps it where only root looks."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


class Worker:
    """One process of the app at a port of this machine; it keeps port and name when it is replaced."""

    def __init__(self, number: int, environment: dict[str, str]) -> None:
        self.number, self.port = number, free_port()
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    @property
    def pid(self) -> int:
        """Return the number of the process, 0 where there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def gone(self) -> bool:
        """Return whether the process has ended, or none was started."""
        return self._process is None or self._process.poll() is not None

    @property
    def may_start(self) -> bool:
        """Return whether the last start is long enough ago."""
        return time.monotonic() - self._started >= PAUSE

    def start(self) -> None:
        """Start the process; it answers some seconds later."""
        self._started = time.monotonic()
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1", "--server.headless=true"]
        self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self._environment})
        log.info("%s is process %d at port %d", name(self.number), self.pid, self.port)

    def answers(self) -> bool:
        """Return whether the process serves pages."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait(self) -> bool:
        """Wait until the process serves pages, and return whether it does; it does not where it ends, or after START seconds."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and not self.gone:
            if self.answers():
                return True
            time.sleep(0.2)
        return False

    def stop(self) -> None:
        """Stop the process, by force where it takes longer than STOP seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def make_workers(count: int) -> list[Worker]:
    """Return `count` processes that are not started: they share the machine's cores and one secret for cookies."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shared = {
        "STREAMLIT_SERVER_COOKIE_SECRET": os.environ.get("STREAMLIT_SERVER_COOKIE_SECRET") or secrets.token_hex(32),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(max(1, cores // count)),
        "MASKSCOPE_FETCH": os.environ.get("MASKSCOPE_FETCH") or "off",
    }
    return [Worker(number, {**shared, "MASKSCOPE_ROOM_LETTERS": own}) for number, own in enumerate(firsts(count))]


def replace_gone(workers: Sequence[Worker]) -> None:
    """Start anew what has ended."""
    for worker in workers:
        if worker.gone and worker.may_start:
            log.warning("%s has ended: starting another", name(worker.number))
            worker.start()


def renew(workers: Sequence[Worker], proxy: Path) -> None:
    """Restart one process after another, each once the one before serves pages; the proxy sends nobody there meanwhile.

    `proxy` is the socket where it takes orders.
    """
    for worker in workers:
        _set_state(proxy, worker, "maint")
        time.sleep(DRAIN)
        worker.stop()
        worker.start()
        if not worker.wait():
            log.error("%s does not answer: the others stay as they are", name(worker.number))
            return
        _set_state(proxy, worker, "ready")


def _set_state(proxy: Path, worker: Worker, state: str) -> None:
    server = name(worker.number)
    for backend in ("app", f"room_{server}"):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(proxy))
            line.sendall(f"set server {backend}/{server} state {state}\n".encode())
            line.recv(4096)
