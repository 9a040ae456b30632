"""Code is run in a folder that holds nothing but the model, as it is named in the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.snippets import Run, fresh, printed, warm


@pytest.fixture(scope="session")
def warm_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path, Path], int]]:
    """Return what runs code in a process that has the libraries imported already; it waits for its first code."""
    with warm(tmp_path_factory.mktemp("nothing")) as start:
        yield start


@pytest.fixture(scope="session")
def run_code(warm_python: Callable[[Path, Path], int], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs code, each in a folder and a process of its own, and returns the printed lines."""
    return lambda code: printed(code, tmp_path_factory.mktemp("code"), warm_python)


@pytest.fixture(scope="session")
def run_code_freshly(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return the same with a Python that has imported nothing: slow, and proof that the code lacks nothing."""
    return lambda code: printed(code, tmp_path_factory.mktemp("code"), fresh)
