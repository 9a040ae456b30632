"""A reader who asked a process that ends meanwhile is answered all the same: by it, or by another."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from deploy.proxy import configuration
from deploy.workers import Worker, firsts, free_port, renew


class Answers(BaseHTTPRequestHandler):
    """Answers its own number; `/slow` only after half a second, `/never` of number 0 not at all."""

    def do_GET(self) -> None:
        server = cast("Process", self.server)
        life = server.life
        if self.path == "/slow":
            server.asked.set()
            time.sleep(0.5)
        if server.life != life or (self.path == "/never" and server.number == 0):
            self.close_connection = True
            return
        body = str(server.number).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Process(ThreadingHTTPServer):
    """Stands for a process of the app."""

    daemon_threads = True

    def __init__(self, number: int) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.number, self.asked, self.life = number, Event(), 0
        Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End without an answer for whom it was sent before."""
        self.life += 1

    def start(self) -> None:
        """Begin: it never stopped listening."""

    def wait(self) -> bool:
        """Return that it answers."""
        return True


@pytest.fixture
def proxied(tmp_path: Path, haproxy: str) -> Iterator[tuple[int, list[Process], Path]]:
    """Return the port of HAProxy, the two that it leads to, and where it takes orders."""
    processes, port, orders, file = [Process(0), Process(1)], free_port(), tmp_path / "orders", tmp_path / "haproxy.cfg"
    ports = [process.server_address[1] for process in processes]
    file.write_text(configuration(ports, firsts(2), bind=f"127.0.0.1:{port}", socket=orders))
    with subprocess.Popen([haproxy, "-f", str(file)], stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
                break
        yield port, processes, orders
        running.terminate()
    for process in processes:
        process.shutdown()
        process.server_close()


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Return status and body of what a reader of process 0 is answered."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request("GET", path, headers={"Cookie": "MASKSCOPE=w0"})
        answer = line.getresponse()
        return answer.status, answer.read()


def test_what_a_process_does_not_answer_another_does(proxied: tuple[int, list[Process], Path]) -> None:
    port, _, _ = proxied
    assert ask(port, "/") == (200, b"0")
    assert ask(port, "/never") == (200, b"1")


def test_a_process_that_is_renewed_answers_first_whom_it_was_sent(proxied: tuple[int, list[Process], Path]) -> None:
    port, processes, orders = proxied
    found: list[tuple[int, bytes]] = []
    reader = Thread(target=lambda: found.append(ask(port, "/slow")))
    reader.start()
    assert processes[0].asked.wait(10)
    renew([cast("Worker", processes[0])], orders)
    reader.join(10)
    assert found == [(200, b"0")]
