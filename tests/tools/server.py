"""A running app for tests and benchmarks, and how Chromium is started for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.workers import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",
    "--num-raster-threads=1",
]


def chromium_path() -> str | None:
    """Return where Chromium is installed, or None: its headless shell first, which opens a page with less work."""
    found = (
        shutil.which(name) for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    )
    return next(filter(None, found), None)


def start_app(
    port: int, environment: dict[str, str] | None = None, script: str | Path = "app.py"
) -> subprocess.Popen[bytes]:
    """Return the process of an app server that answers on `port`."""
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--server.port={port}", "--server.headless=true"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the app did not start within a minute")


@contextmanager
def serving(script: str | Path = "app.py", environment: dict[str, str] | None = None) -> Iterator[str]:
    """Return the address of `script`, served while the block runs."""
    with process_of(script, environment) as (address, _):
        yield address


@contextmanager
def process_of(
    script: str | Path = "app.py", environment: dict[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Return the address of `script`, served while the block runs, and the process that serves it."""
    port = free_port()
    process = start_app(port, environment, script)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=20)
