"""A running app and a real browser. Skips with a reason where there is none, but never in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.tools.server import CHROMIUM_FLAGS, chromium_path, serving

# What Streamlit itself asks for in vain on a cold deep link.
ALLOWED_404 = ("_stcore/health", "_stcore/host-config")

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder as a browser test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Return one headless Chromium for all tests, with a profile: there it keeps what the app's scripts compile to."""
    path = chromium_path()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must run the browser tests, but no Chromium is installed")
        pytest.skip("no Chromium on this machine: install one to run the browser tests")
    with sync_playwright() as playwright:
        profile = tmp_path_factory.mktemp("profile")
        browser = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app(chromium: BrowserContext) -> Iterator[str]:
    """Return the address of one running app for all tests, which has loaded its model.

    While a server imports torch, which holds everything else up, Streamlit's browser half may lose a few messages of the
    very first page; the tests are about what comes after.
    """
    with serving() as address:
        first = chromium.new_page()
        first.goto(f"{address}/Tokens")
        with suppress(AssertionError):
            expect(first.locator(".st-key-fig_batch .js-plotly-plot")).to_be_visible(timeout=60_000)
        first.close()
        yield address


@pytest.fixture(scope="module")
def address(
    chromium: BrowserContext, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the address of the script `SCRIPT` of a test file."""
    script = tmp_path_factory.mktemp("script") / "script.py"
    script.write_text(request.module.SCRIPT, encoding="utf-8")
    with serving(script) as served:
        yield served


@pytest.fixture
def page(chromium: BrowserContext) -> Iterator[Page]:
    """Return a fresh browser page at desktop size; the test fails on any console error but the known two."""
    yield from watched(chromium, 1400, 900)


@pytest.fixture
def phone(chromium: BrowserContext) -> Iterator[Page]:
    """Return a fresh browser page at phone size; the test fails on any console error but the known two."""
    yield from watched(chromium, 390, 844)


def watched(browser: BrowserContext, width: int, height: int) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_viewport_size({"width": width, "height": height})
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        known = any(path in message.location.get("url", "") for path in ALLOWED_404)
        if message.type == "error" and not known:
            faults.append(f"{message.text} {message.location}")

    opened.on("console", listen)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    opened.close()
    forget(browser)
    assert not faults, faults


def forget(browser: BrowserContext) -> None:
    """Take from the profile what a test may have left there: all but the cache."""
    browser.set_offline(False)
    session = browser.new_cdp_session(browser.pages[0])
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "cookies,local_storage"})
    session.detach()
