"""A full-size GPT-2 in a real browser: as the operator's folder, and fetched from a hub while the page goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.tools.hub import Hub
from tests.tools.server import serving

# Limits for a machine that is busy with other things; alone, each takes some ten seconds.
pytestmark = pytest.mark.timeout(500)


@pytest.fixture(scope="module")
def hub(full_size: Path) -> Iterator[Hub]:
    """Return a hub that gives GPT-2's weights slowly: half a minute for all 261 MB."""
    with Hub(models={"openai-community/gpt2": full_size}, pace=0.5) as running:
        yield running


@pytest.fixture(scope="module")
def own_app(chromium: Browser, hub: Hub, full_size: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an app with an empty cache, that hub, and the full-size model as folder `full`."""
    environment = {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path_factory.mktemp("home")),
        "MASKSCOPE_FOLDERS": f"full={full_size}",
    }
    with serving(environment=environment) as address:
        yield address


def test_a_full_size_folder_is_shown_from_a_cold_link_and_stays_over_a_page_switch(own_app: str, page: Page):
    page.goto(f"{own_app}/Heads?model=full")
    tag = page.locator(".st-key-heading")
    expect(tag).to_contain_text("full: a folder of this server", timeout=90_000)
    expect(page.locator(".st-key-fig_head .js-plotly-plot").first).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()
    expect(tag).to_contain_text("full: a folder of this server")
    expect(page.locator(".st-key-model_state")).not_to_contain_text("This page shows")


def test_fetching_shows_its_progress_can_be_stopped_and_ends_with_the_chosen_model(own_app: str, hub: Hub, page: Page):
    page.goto(f"{own_app}/?model=gpt2")
    bars = page.locator(".st-key-fig_demo .js-plotly-plot .bars").first
    expect(bars).to_be_attached(timeout=90_000)  # the page goes on with the model it had
    state = page.locator(".st-key-model_state")
    expect(state).to_contain_text("This page shows tiny-gpt2.")
    fetch, stop = page.locator(".st-key-fetch_model button"), page.locator(".st-key-stop_fetching button")
    expect(fetch).to_have_text(re.compile("Fetch 548 MB"))
    fetch.click()
    progress = page.get_by_text(re.compile(r"Fetching gpt2: [1-9]\d* of 265 MB"))
    expect(progress).to_be_visible(timeout=60_000)
    stop.click()
    expect(fetch).to_be_visible(timeout=60_000)
    expect(stop).to_have_count(0)
    hub.pace = 0.0
    fetch.click()
    expect(page.locator(".st-key-heading")).to_contain_text("gpt2: openai-community/gpt2 from the hub", timeout=240_000)
    expect(state).not_to_contain_text("This page shows")


def test_on_a_phone_the_page_says_which_model_it_shows_and_the_table_fits(own_app: str, phone: Page):
    phone.goto(f"{own_app}/Tokens?model=gpt2-xl")
    expect(phone.locator(".st-key-model_state")).to_contain_text("This page shows")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
