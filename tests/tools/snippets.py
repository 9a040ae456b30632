"""Code that the app gives away, run as a reader runs it: a folder that holds nothing but the model, and no project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.tools.models import link_bundled

# Isolated: neither the project nor what the caller's environment says of Python is there. Text is UTF-8 everywhere.
PYTHON = (sys.executable, "-I", "-X", "utf8")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

Run = Callable[[str], list[str]]


def fresh(folder: Path, output: Path) -> int:
    """Return the exit status of `run.py` in `folder`, run by an interpreter that has imported nothing."""
    with (output / "stdout").open("wb") as out, (output / "stderr").open("wb") as err:
        environment = {**os.environ, **ENVIRONMENT}
        return subprocess.run(
            [*PYTHON, "run.py"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            check=False,
        ).returncode


@contextmanager
def warm(folder: Path) -> Iterator[Callable[[Path, Path], int]]:
    """Return what does the same in some 10 ms instead of seconds: forks of one process, started in `folder`.

    Where the system cannot fork, every code gets a fresh interpreter.
    """
    if not hasattr(os, "fork"):
        yield fresh
        return
    script = Path(__file__).with_name("warm_python.py")
    with subprocess.Popen(
        [*PYTHON, str(script)], cwd=folder, env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        yield lambda *folders: _ask(process.stdin, process.stdout, folders)


def _ask(to: IO[str] | None, back: IO[str] | None, folders: tuple[Path, Path]) -> int:
    assert to is not None
    assert back is not None
    to.write(json.dumps([str(folder) for folder in folders]) + "\n")
    to.flush()
    return int(back.readline())


def printed(code: str, folder: Path, start: Callable[[Path, Path], int]) -> list[str]:
    """Return the lines that `code` prints in a new folder inside `folder`; code that fails fails the test with its words."""
    place = folder / "folder"
    place.mkdir()
    (link_bundled(place) / "run.py").write_text(code, encoding="utf-8")
    status = start(place, folder)
    assert status == 0, (folder / "stderr").read_text(encoding="utf-8")
    return (folder / "stdout").read_text(encoding="utf-8").splitlines()
