"""What readers need who use a keyboard, a screen reader, zoom or little contrast: every page, with one view of it open.

Opening a page takes longest: one is light, dark and narrow in turn.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# Each page with the figure that is drawn last.
PAGES = {
    "/": "fig_demo",
    "/Tokens": "fig_next",
    "/Masks?look=why-blocked": "fig_combined",
    "/Masks?look=patterns&pattern=window": "fig_surprise",
    "/Heads?closer=lines": "fig_overview",
    "/Mechanics?part=fills": "fig_nan",
    "/Generate?max_new_tokens=3": "fig_candidates",
    "/Compare?max_new_tokens=3": "fig_choice",
}

# Where that figure lies in a box, which is closed at first.
BOXES = {"/Mechanics?part=fills": "spread_box"}

# A narrow window, and what 200 % of zoom leave of 1400 x 900 px.
NARROW = ({"width": 700, "height": 900}, {"width": 700, "height": 450})
CUT = """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stColumn]')]
  .filter(el => el.getClientRects().length)
  .filter(el => el.scrollWidth > el.clientWidth + 1 || el.getBoundingClientRect().right > innerWidth)
  .map(el => el.innerText.slice(0, 60))"""
OF_COLOURS = ("color-contrast", "link-in-text-block")
# Colours that pass into others stand at their end.
SETTLED = "!document.getAnimations().some(one => one instanceof CSSTransition)"
COLOUR = "key => document.querySelector(`.st-key-${key} .js-plotly-plot`).layout.font.color"


def opened(page: Page, app: str, address: str) -> None:
    """Open a page and wait until it stands."""
    page.goto(app + address)
    if address in BOXES:
        page.locator(f".st-key-{BOXES[address]} summary").click()
    expect(page.locator(f".st-key-{PAGES[address]} .js-plotly-plot .main-svg").first).to_be_attached(timeout=90_000)
    stop = page.locator(".st-key-stop button")
    if stop.count():
        expect(stop).to_be_disabled(timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds on a page: rule, place and markup. What Streamlit draws itself gives it no cause.

    `rules` are those to look at; left out, all.
    """
    page.wait_for_function(SETTLED)
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_light_or_dark_and_nothing_is_cut_where_the_window_is_narrow(
    page: Page, app: str, address: str
) -> None:
    opened(page, app, address)
    assert violations(page) == []

    light = page.evaluate(COLOUR, PAGES[address])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"([key, light]) => ({COLOUR})(key) !== light", arg=[PAGES[address], light])
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    assert violations(page, *OF_COLOURS) == []  # nothing else is another in the dark

    for size in NARROW:
        page.set_viewport_size(size)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("[innerWidth, innerHeight]") == list(size.values())
        assert page.evaluate("document.documentElement.scrollWidth") <= 700
        assert page.evaluate(CUT) == []


def test_the_link_in_focus_does_not_look_like_the_page_that_is_open(page: Page, app: str) -> None:
    opened(page, app, "/")
    links = page.get_by_test_id("stSidebar").get_by_test_id("stPageLink").locator("a")
    links.nth(1).focus()
    page.keyboard.press("Tab")
    styles = [links.nth(index).evaluate("el => getComputedStyle(el).outlineStyle") for index in (0, 1, 2)]
    assert styles == ["none", "none", "solid"]
