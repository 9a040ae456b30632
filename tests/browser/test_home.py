"""The home page in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

BEST = "document.querySelector('.st-key-fig_demo .js-plotly-plot')?.layout?.yaxis.ticktext[0].trim()"


def test_a_click_hides_a_word_and_the_bars_move(page: Page, app: str) -> None:
    page.goto(app)
    demo = page.locator(".st-key-fig_demo")
    expect(demo.locator(".js-plotly-plot .bars").first).to_be_attached()
    assert page.evaluate(BEST) == "␣heads"
    page.get_by_role("button", name="hide shook").click()
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"{BEST} !== '␣heads'")


def test_words_are_hidden_by_keyboard_alone(page: Page, app: str) -> None:
    page.goto(app)
    page.wait_for_function(f"{BEST} === '␣heads'")
    word = page.get_by_role("button", name="hide They")
    word.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="hide shook")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"{BEST} !== '␣heads'")


def test_a_laptop_shows_the_links_to_all_pages_without_scrolling(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(app)
    expect(page.locator(".st-key-fig_demo .js-plotly-plot .bars").first).to_be_attached()
    expect(page.locator(".st-key-page_links")).to_be_in_viewport(ratio=1)


def test_the_home_page_fits_a_phone(phone: Page, app: str) -> None:
    phone.goto(app)
    expect(phone.locator(".st-key-fig_demo .js-plotly-plot .bars").first).to_be_attached()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
