"""The Generate page in a real browser: text streams, Stop stops it, steps and pages change and the text stays."""

from __future__ import annotations

import re

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from pages.generate.views import VIEWS


def opened(page: Page, app: str, parameters: str) -> None:
    """Open the page and wait for its first text to end."""
    page.goto(f"{app}/Generate?{parameters}")
    expect(page.locator(".st-key-fig_candidates .js-plotly-plot")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-stop button")).to_be_disabled(timeout=60_000)
    expect(page.locator(".st-key-text_0 .blank")).to_have_count(0)


def words(page: Page, row: int) -> Locator:
    return page.locator(f".st-key-text_{row} .token[role=button]")


def at_step(page: Page, number: int) -> None:
    expect(page.locator(".st-key-step input")).to_have_value(str(number))


def test_steps_are_chosen_by_click_and_keyboard_and_the_text_outlives_controls_and_pages(page: Page, app: str) -> None:
    opened(page, app, "max_new_tokens=6")
    made = page.locator(".st-key-text_1 .strip").inner_text()

    page.keyboard.press("ArrowRight")
    at_step(page, 2)
    expect(page.locator(".st-key-text_0 .selected")).to_have_text(words(page, 0).nth(1).inner_text())
    page.keyboard.press("ArrowLeft")
    at_step(page, 1)
    slider = page.locator(".st-key-step input")
    slider.focus()
    slider.press("ArrowRight")
    at_step(page, 2)  # one step, not two: the slider's own key does not also press Next

    words(page, 1).nth(4).click()
    at_step(page, 5)
    expect(page.locator(".st-key-sentence input")).to_have_value("I want to eat a big bowl of")
    words(page, 1).nth(4).press("ArrowLeft")
    words(page, 1).nth(3).press("Enter")
    at_step(page, 4)

    page.locator(".st-key-temperature input").press("ArrowLeft")
    expect(page.locator(".st-key-notes").get_by_text("temperature 1,")).to_be_visible()
    expect(page).to_have_url(re.compile("temperature=0.95"))
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.locator(".st-key-fig_batch .js-plotly-plot")).to_be_visible()
    page.get_by_role("link", name="Generate", exact=True).click()
    expect(page.locator(".st-key-text_1 .strip")).to_have_text(made, use_inner_text=True)
    at_step(page, 4)


def test_text_streams_and_stop_works_while_it_does(page: Page, app: str) -> None:
    opened(page, app, "text=Once+upon+a+time&max_new_tokens=1")
    length = page.locator(".st-key-max_new_tokens input")
    length.fill("200")
    length.press("Enter")
    expect(page.get_by_text("1 new tokens")).to_be_visible()
    page.locator(".st-key-generate button").click()
    expect(words(page, 0).nth(4)).to_be_visible()
    stop = page.locator(".st-key-stop button")
    expect(stop).to_be_enabled()
    stop.click()
    expect(stop).to_be_disabled()
    expect(page.locator(".st-key-text_0 .strip")).not_to_contain_text("…")
    expect(words(page, 0).nth(4)).to_be_visible()
    assert words(page, 0).count() < 200
    expect(page.locator(".st-key-fig_candidates .js-plotly-plot")).to_be_visible()


def test_a_link_with_values_beyond_the_usual_opens_with_them_on_a_phone(phone: Page, app: str) -> None:
    opened(phone, app, "max_new_tokens=3&top_k=5000&temperature=3&seed=4&text=%3Cb%3Ehi%3C%2Fb%3E")
    expect(phone.locator(".st-key-top_k input")).to_have_value("5000")
    expect(phone.locator(".st-key-temperature input")).to_have_value("3")
    expect(phone.locator(".st-key-text_0 .strip")).to_contain_text("<b>hi</b>")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_the_text_begins_on_the_first_screen(phone: Page, app: str) -> None:
    opened(phone, app, "max_new_tokens=3")
    top = phone.locator(".st-key-text_0").evaluate("node => node.getBoundingClientRect().top")
    assert 0 < top < phone.viewport_size["height"] - 100


def test_a_step_is_opened_in_other_views_by_click_and_keyboard_and_goes_home(page: Page, app: str) -> None:
    opened(page, app, "max_new_tokens=4")
    expect(page.locator(".st-key-stop button")).to_be_disabled()  # while a text grows, a choice may miss the address
    views = page.locator(".st-key-view button")
    views.filter(has_text=VIEWS["waterfall"].label).click()
    expect(page.locator(".st-key-fig_waterfall .main-svg").first).to_be_attached()
    expect(page.get_by_text("50,257 tokens =", exact=False)).to_be_visible()
    expect(page).to_have_url(re.compile("view=waterfall"))
    page.locator(".st-key-next button").click()
    at_step(page, 2)
    expect(page.locator(".st-key-fig_waterfall .main-svg").first).to_be_attached()
    views.filter(has_text=VIEWS["draws"].label).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-fig_dice .main-svg").first).to_be_attached()
    with page.expect_download() as saved:
        page.locator(".st-key-csv_dice button").click()
    table = pd.read_csv(saved.value.path())
    assert list(table.columns)[:2] == ["token_id", "token"]
    assert table.expected.is_monotonic_decreasing
    assert 0 < table.came.sum() <= 200


def test_a_runner_up_begins_a_branch_by_click_and_by_keyboard_and_all_rows_stay(page: Page, app: str) -> None:
    opened(page, app, "max_new_tokens=4")
    expect(words(page, 0)).to_have_count(4)
    first = page.locator(".st-key-text_0 .strip").first.inner_text()
    page.locator(".st-key-branch_off button").click()
    expect(page.get_by_text("3 · branch of 0 at step 1", exact=False).first).to_be_visible()
    expect(page.locator(".st-key-stop button")).to_be_disabled()
    expect(page.get_by_text("You took", exact=False).first).to_be_visible()
    expect(words(page, 3)).to_have_count(4)
    expect(page.locator(".st-key-text_3 .blank")).to_have_count(0)
    branch = page.locator(".st-key-text_3 .strip").first.inner_text()
    assert branch != first
    again = page.locator(".st-key-branch_off button")
    again.focus()
    again.press("Enter")
    expect(page.get_by_text("4 · branch of 3 at step 1", exact=False).first).to_be_visible()
    expect(page.locator(".st-key-text_3 .strip").first).to_have_text(branch, use_inner_text=True)
    expect(page.locator(".st-key-text_0 .strip").first).to_have_text(first, use_inner_text=True)


def test_a_beam_search_is_watched_as_a_tree_stepped_through_by_key_and_ranked_anew(page: Page, app: str) -> None:
    page.goto(f"{app}/Generate?text=Once+upon+a+time+there+was+a&num_beams=4&max_new_tokens=6")
    tree = page.locator(".st-key-fig_beam_tree .js-plotly-plot")
    expect(tree).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-step input")).to_have_value("6", timeout=60_000)
    titles = tree.locator(".annotation-text")
    expect(titles.filter(has_text=re.compile("^6$"))).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    at_step(page, 5)
    expect(titles.filter(has_text=re.compile("^6$"))).to_have_count(0)
    page.keyboard.press("ArrowRight")
    at_step(page, 6)

    king = tree.locator(".textpoint").filter(has_text="king").first
    king.scroll_into_view_if_needed()
    box = king.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("Once upon a time there was a king")).to_be_visible()

    page.locator(".st-key-beam_view").get_by_text("ended texts").click()
    slider = page.locator(".st-key-rerank input")
    slider.focus()
    slider.press("ArrowLeft")
    again = page.locator(".st-key-search_anew button")
    expect(again).to_be_visible()
    again.click()
    expect(page).to_have_url(re.compile("length_penalty=0.9"))
    expect(page.locator(".st-key-beam_view")).to_be_visible(timeout=60_000)

    page.locator(".st-key-how").get_by_text("sampling").click()
    page.locator(".st-key-generate button").click()
    expect(page.locator(".st-key-fig_candidates .js-plotly-plot")).to_be_visible(timeout=60_000)


OVERLAPS = """plot => {
  const boxes = [...plot.querySelectorAll(".textpoint text")].map((text) => [text, text.getBoundingClientRect()]);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap(([text, a], at) =>
    boxes.slice(at + 1).filter(([, b]) => meet(a, b)).map(([other]) => `${text.textContent} / ${other.textContent}`));
}"""


def test_in_a_tree_of_four_beams_and_twenty_steps_words_are_large_and_none_overlap(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/Generate?text=Once+upon+a+time+there+was+a&num_beams=4&max_new_tokens=20")
    tree = page.locator(".st-key-fig_beam_tree .js-plotly-plot")
    expect(page.locator(".st-key-step input")).to_have_value("20", timeout=60_000)
    expect(tree.locator(".annotation-text").filter(has_text=re.compile("^20$"))).to_have_count(1)
    words = tree.locator(".textpoint text")
    assert words.count() == 1 + 20 * 8  # the prompt, and eight candidates a step
    sizes = words.evaluate_all("all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    assert min(sizes) >= 14
    assert tree.evaluate(OVERLAPS) == []
