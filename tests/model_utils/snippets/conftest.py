"""Code is run in a folder that holds nothing but the model, as it is named in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.models import link_bundled


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """Return a folder for one test, with the bundled model at its place in the project."""
    return link_bundled(tmp_path)
