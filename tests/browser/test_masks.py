"""The Masks page in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

BEST = "document.querySelector('.st-key-fig_next .js-plotly-plot')?.layout?.yaxis.ticktext[0].trim()"
# Clicks the first words, with a pause in ms between two clicks.
QUICK = """async (nodes, [words, pause]) => {
  for (const word of nodes.slice(0, words)) {
    word.click();
    if (pause) await new Promise((on) => setTimeout(on, pause));
  }
}"""
COLD = 90_000  # the first page of a server waits for torch


def bars(page: Page) -> Locator:
    figure = page.locator(".st-key-fig_next[data-stale=false]")
    expect(figure.locator(".js-plotly-plot .bars").first).to_be_attached(timeout=COLD)
    return figure


def test_a_click_hides_a_word_the_link_says_so_and_undo_shows_it_again(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?text=He+shook+his&look=word-list")
    bars(page)
    assert page.evaluate(BEST) == "␣head"
    page.get_by_role("button", name="hide shook").click()
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"{BEST} !== '␣head'")
    expect(page).to_have_url(re.compile(r"weights=1(:|%3A)0"))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("path", ["Masks?look=word-list&", "?"])
@pytest.mark.parametrize("pause", [0, 40])
def test_words_that_are_clicked_faster_than_the_page_answers_are_all_hidden(
    page: Page, app: str, path: str, pause: int
) -> None:
    page.goto(f"{app}/{path}text=He+shook+his+old+grey+head")
    words = page.locator("button.token")
    expect(words).to_have_count(6, timeout=COLD)
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    words.evaluate_all(QUICK, [5, pause])
    expect(words.and_(page.locator("[aria-pressed=true]"))).to_have_count(5)


def test_words_are_hidden_by_keyboard_alone(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?text=He+shook+his&look=word-list")
    bars(page)
    page.get_by_role("button", name="hide He").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="hide shook")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"{BEST} !== '␣head'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="hide shook")).to_have_attribute("aria-pressed", "false")


def test_a_cold_link_keeps_its_mask_over_two_page_switches(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?text=He+shook+his&weights=0:0.5,1:0&gap=close&look=word-list")
    bars(page)
    expect(page.locator(".st-key-mask_strip .token.hidden")).to_have_text("shook")
    expect(page.locator(".st-key-mask_strip .note").first).to_have_text("0.5")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Tokens", exact=True).click()
    expect(page.get_by_role("heading", name="Tokens", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Masks").click()
    expect(page.locator(".st-key-mask_strip .token.hidden")).to_have_text("shook")
    expect(page.locator(".st-key-mask_strip .note").first).to_have_text("0.5")
    expect(page.locator(".st-key-gap").get_by_role("radio").last).to_be_checked()
    expect(page).to_have_url(re.compile(r"weights=0(:|%3A)0\.5(,|%2C)1(:|%3A)0"))


def test_an_example_brings_its_sentence_and_undo_brings_yours_back(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?look=word-list")
    bars(page)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="The fox, three").click()
    expect(page.get_by_role("button", name="hide fox")).to_be_visible()
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value("The quick brown fox jumps over the lazy dog.")
    expect(page.get_by_role("button", name="hide quick")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="The fox, three")).to_be_hidden()  # a choice closes the list
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="hide rain")).to_be_visible()
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value(re.compile("It will rain in the"))


def test_the_page_fits_a_phone_with_its_widest_part_open(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Masks?text=The+tall+wizard+gave+the+boy+a+silver&look=mask-value")
    bars(phone)
    expect(phone.locator(".st-key-fig_half .js-plotly-plot .main-svg").first).to_be_attached()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_laptops_screen_ends_below_the_choice_of_the_view(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/Masks")
    bars(page)
    expect(page.locator(".st-key-look")).to_be_in_viewport(ratio=1)
