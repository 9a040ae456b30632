"""A server on this computer that speaks as much of the Hugging Face hub's protocol as fetching a model takes.

It can misbehave on demand: cut connections, stall, answer with errors.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
LARGE = ".safetensors"  # such files come from another address, by a redirect, as the hub's own do


@dataclass
class Hub:
    """A running hub that offers `models`: folders by repository id. Use it in a `with` block."""

    models: dict[str, Path]
    cuts: list[int] = field(default_factory=list)  # bytes after which the next answers with weights break off
    status: int = 200  # anything else is the answer to every question
    hold: threading.Event | None = None  # weights stop half-way until this is set
    pace: float = 0.0  # seconds that each 4 MB of weights take, as on a slow line
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # (method, path, range)

    def __enter__(self) -> Hub:
        hub = self

        class Handler(_Handler):
            server_hub = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Return where the hub listens, as HF_ENDPOINT wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make huggingface_hub in this process ask here, as HF_ENDPOINT does for a new one."""
        monkeypatch.setattr(constants, "ENDPOINT", self.address)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.partition("/{repo_id}")
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", self.address + template[1] + template[2])

    def fetched(self) -> set[str]:
        """Return the names of all files whose content was asked for."""
        return {path.rpartition("/")[2] for method, path, _ in self.requests if method == "GET" and "/api/" not in path}


class _Handler(BaseHTTPRequestHandler):
    server_hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing: the requests are in `Hub.requests`."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.server_hub, self.path.partition("?")[0]
        hub.requests.append((self.command, path, self.headers.get("Range", "")))
        if hub.status != 200:
            return self._send(hub.status, b"", {})
        if info := re.fullmatch(r"/api/models/(.+?)(/revision/.+)?", path):
            return self._model(info[1])
        if file := re.fullmatch(r"/(cdn/)?(.+)/resolve/[^/]+/(.+)", path):
            return self._file(file[2], file[3], direct=bool(file[1]))
        return self._send(404, b"", {})

    def _model(self, repository: str) -> None:
        folder = self.server_hub.models.get(repository)
        if folder is None:
            return self._send(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})
        files = [{"rfilename": file.name, "size": file.stat().st_size} for file in sorted(folder.iterdir())]
        body: dict[str, Any] = {"id": repository, "modelId": repository, "sha": COMMIT, "siblings": files}
        body |= {"private": False, "tags": [], "downloads": 0, "likes": 0}
        return self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, name: str, *, direct: bool) -> None:
        path = self.server_hub.models.get(repository, Path("/nowhere")) / name
        headers = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if not path.is_file():
            return self._send(404, b"", headers | {"X-Error-Code": "EntryNotFound"})
        etag = f'"{hashlib.sha256(self.path.removeprefix("/cdn").encode()).hexdigest()}"'
        if name.endswith(LARGE):
            # The hub offers another way to large files too, which the app does not take.
            headers |= {"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": f"{self.server_hub.address}/xet"}
        if name.endswith(LARGE) and not direct:
            linked = {"X-Linked-Size": str(path.stat().st_size), "X-Linked-Etag": etag}
            place = f"{self.server_hub.address}/cdn{self.path}"
            return self._send(302, b"", headers | linked | {"Location": place})
        data = path.read_bytes()
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        return self._send(206 if start else 200, data[start:], headers | {"ETag": etag}, weights=name.endswith(LARGE))

    def _send(self, status: int, body: bytes, headers: dict[str, str], *, weights: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        hub = self.server_hub
        if weights and hub.cuts:
            self.wfile.write(body[: hub.cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        elif weights and hub.hold is not None:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            hub.hold.wait(100)
            # Whoever asked may have stopped meanwhile.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body[len(body) // 2 :])
        elif weights and hub.pace:
            with contextlib.suppress(ConnectionError):
                for start in range(0, len(body), 2**22):
                    self.wfile.write(body[start : start + 2**22])
                    time.sleep(hub.pace)
        else:
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)
