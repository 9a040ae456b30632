"""Where HAProxy is, for the tests that need it."""

from __future__ import annotations

import os

import pytest

from deploy.workers import haproxy as installed_haproxy


@pytest.fixture(scope="session")
def haproxy() -> str:
    """Return where HAProxy is installed; without it what needs it skips, but never in CI."""
    found = installed_haproxy()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must run these tests, but HAProxy is not installed")
        pytest.skip("no HAProxy on this machine: install it to run these tests")
    return found
