"""Links and page switches: what only a real browser can show."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from model_utils.models.registry import BUNDLED

PAGES = ("Tokens", "Heads", "Generate")


def box(page: Page, name: str) -> str:
    """Return the value in the input of a published number."""
    field = page.locator(f".st-key-{name} input").first
    expect(field).to_be_visible()
    return field.input_value()


@pytest.mark.parametrize("name", PAGES)
def test_a_cold_link_opens_each_page_with_its_heading(page: Page, app: str, name: str) -> None:
    page.goto(f"{app}/{name}?text=The%20cat%20sat")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value("The cat sat")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_values_of_a_cold_link_survive_the_first_and_second_page_switch(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens?text=The%20cat%20sat&side=right&layer=3&head=5&top_k=7&seed=11")
    expect(page.locator(".st-key-fig_batch .js-plotly-plot").last).to_be_visible()
    page.get_by_role("link", name="Heads", exact=True).click()
    expect(page.get_by_role("heading", name="Heads", exact=True)).to_be_visible()
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    assert (box(page, "layer"), box(page, "head")) == ("3", "5")
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value("The cat sat")
    assert "layer=3" in page.url
    assert "side=right" in page.url
    page.get_by_role("link", name="Generate", exact=True).click()
    expect(page.get_by_role("heading", name="Generate", exact=True)).to_be_visible()
    expect(page.locator(".st-key-seed input")).to_have_value("11")
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value("The cat sat")
    assert "top_k=7" in page.url
    page.get_by_role("link", name="Heads", exact=True).click()
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    assert (box(page, "layer"), box(page, "head")) == ("3", "5")


def test_a_changed_value_goes_into_the_address_and_a_default_leaves_it(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads")
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    layer = page.locator(".st-key-layer input").first
    layer.fill("2")
    layer.press("Enter")
    page.wait_for_url("**layer=2**")
    layer.fill("0")
    layer.press("Enter")
    page.wait_for_url(lambda url: "layer" not in url)


def test_link_parameters_out_of_range_are_named_and_the_page_goes_on(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?layer=99&head=-3&side=up&seed=abc&model=nothing")
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    for name in ("side", "seed", "head", "does not offer"):
        expect(page.get_by_test_id("stAlert").filter(has_text=name).first).to_be_visible()
    expect(page.get_by_test_id("stAlert").filter(has_text="99").first).to_be_visible()
    assert box(page, "layer") == "0"
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_text_too_long_for_a_link_stays_in_the_session_and_the_page_says_so(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens")
    expect(page.locator(".st-key-fig_batch .js-plotly-plot").last).to_be_visible()
    sentences = page.get_by_role("textbox", name="Sentences")
    long_text = "\n".join(["one two three four five " * 15] * 14)
    sentences.fill(long_text)
    sentences.press("Control+Enter")
    expect(page.get_by_text("too long for a link")).to_be_visible()
    expect(page.locator(".st-key-fig_batch .js-plotly-plot").last).to_be_visible()
    assert len(page.url) < 4200
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.locator(".st-key-fig_demo .js-plotly-plot").last).to_be_visible()
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value(long_text)


def test_the_menu_opens_heads_on_a_telling_head_until_another_is_chosen(page: Page, app: str) -> None:
    layer, head = map(str, BUNDLED.opening or ())
    page.goto(app)
    page.get_by_role("link", name="Heads", exact=True).click()
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    assert (box(page, "layer"), box(page, "head")) == (layer, head)
    page.locator(".st-key-layer input").fill("1")
    page.locator(".st-key-layer input").press("Enter")
    page.wait_for_url("**layer=1**")
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.locator(".st-key-fig_batch .js-plotly-plot").last).to_be_visible()
    page.get_by_role("link", name="Heads", exact=True).click()
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    assert (box(page, "layer"), box(page, "head")) == ("1", head)


def test_back_undoes_the_last_click_in_view_and_address_and_crosses_pages(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?text=He+shook+his&look=patterns&pattern=bidirectional")
    expect(page.locator(".st-key-fig_next .js-plotly-plot").last).to_be_visible()
    page.locator(".st-key-mask_strip [aria-pressed]").nth(1).click()
    page.wait_for_url("**weights=1%3A0*")
    page.locator(".st-key-look button").first.click()
    page.wait_for_url(lambda url: "look=" not in url)
    page.get_by_role("link", name="Heads", exact=True).click()
    expect(page.locator(".st-key-fig_head .js-plotly-plot").last).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-fig_combined .js-plotly-plot").last).to_be_visible()
    assert ("look=" in page.url, "weights=1%3A0" in page.url) == (False, True)
    page.go_back()
    page.wait_for_url("**look=patterns**")
    expect(page.locator(".st-key-fig_pattern_words .js-plotly-plot").last).to_be_visible()
    expect(page.locator(".st-key-mask_strip [aria-pressed=true]")).to_have_count(1)
    page.go_back()
    page.wait_for_url(lambda url: "weights" not in url)
    expect(page.locator(".st-key-mask_strip [aria-pressed=true]")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value("He shook his")


def test_a_slider_is_no_step_of_its_own_in_the_history(page: Page, app: str) -> None:
    page.goto(f"{app}/Generate?max_new_tokens=1&text=My+dog+is")
    expect(page.locator(".st-key-fig_candidates .js-plotly-plot").last).to_be_visible()
    steps = page.evaluate("history.length")
    page.locator(".st-key-view button").nth(1).click()
    page.wait_for_url("**view=waterfall**")
    seed = page.locator(".st-key-seed input")
    seed.fill("7")
    seed.press("Enter")
    page.wait_for_url("**seed=7**")
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    page.wait_for_url(lambda url: "view=" not in url and "seed=" not in url)
    expect(seed).to_have_value("0")
