"""The Tokens page in a browser."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

Z = "el => { const t = el.querySelector('.js-plotly-plot')._fullData[0]; return [t.name, Array.from(t.z, r => Array.from(r))] }"
OVERLAP = """el => {
  const boxes = [...el.querySelectorAll('.js-plotly-plot .textpoint text')].map(t => t.getBoundingClientRect());
  return boxes.some((a, i) => boxes.some((b, j) => j > i && a.left < b.right - 2 && b.left < a.right - 2
    && a.top < b.bottom - 6 && b.top < a.bottom - 6));
}"""
LEFT = [[0, 0, 0, 1, 1, 1, 1, 1], [1] * 8, [0, 0, 0, 0, 0, 1, 1, 1]]
RIGHT = [row[::-1] for row in LEFT]


def drawn(page: Page, name: str) -> Locator:
    # What a rerun replaced is kept for a while, out of sight.
    figure = page.locator(f".st-key-{name}:not([data-retained])")
    # The first test on a cold server waits for torch and the model, on a busy machine for long.
    expect(figure.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=90_000)
    return figure


def test_the_padded_table_is_drawn_and_the_side_switch_works_by_keyboard(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens")
    figure = drawn(page, "fig_batch")
    assert figure.evaluate(Z) == ["mask", LEFT]
    assert not figure.evaluate(OVERLAP)
    right = page.locator(".st-key-side").get_by_role("radio", name="right")
    right.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Pads on the right leave a pad in the last column of 2 of 3 rows.")).to_be_visible()
    page.wait_for_url("**side=right**")
    drawn(page, "fig_next")
    assert drawn(page, "fig_batch").evaluate(Z) == ["mask", RIGHT]
    page.reload()
    expect(page.get_by_text("Pads on the right leave")).to_be_visible()
    assert drawn(page, "fig_batch").evaluate(Z) == ["mask", RIGHT]


def test_markup_in_a_sentence_is_drawn_as_it_was_typed(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens?text={quote('<script>window.hit = 1</script> <b>x</b>')}&word={quote('<b>')}&topic=bytes")
    drawn(page, "fig_merges")
    assert page.evaluate("window.hit") is None
    labels = drawn(page, "fig_batch").evaluate("el => [...el.querySelectorAll('.textpoint')].map(t => t.textContent)")
    assert "".join(label for label in labels if not label[0].isdigit()).startswith("<script>window.hit␣=")
    assert drawn(page, "fig_merges").locator(".bartext").all_text_contents() == ["<"]


def test_on_a_phone_the_table_scrolls_in_its_frame_and_opens_at_the_read_column(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Tokens?text={quote('one two three ' * 40 + 'end')}")
    figure = drawn(phone, "fig_batch")
    phone.wait_for_function("document.querySelector('.st-key-fig_batch .plot-frame').scrollWidth > 4000")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = figure.locator(".shapelayer path").last.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 390
    count = figure.locator(".hidden-columns")
    seen = figure.evaluate(
        """el => {
          const frame = el.querySelector('.plot-frame').getBoundingClientRect();
          const ground = el.querySelector('.ground').getBoundingClientRect();
          const middle = t => (t.getBoundingClientRect().left + t.getBoundingClientRect().right) / 2;
          return [...el.querySelectorAll('.xtick')].filter(t => middle(t) > ground.right && middle(t) < frame.right).length;
        }"""
    )
    columns = figure.evaluate("el => el.querySelector('.js-plotly-plot')._fullLayout.xaxis.tickvals.length")
    assert str(columns - seen) in count.text_content().split()
    phone.locator(".st-key-fig_batch .plot-frame").evaluate("el => { el.scrollLeft = 0 }")
    expect(count).to_have_count(0)


def test_a_refused_pad_id_moves_nothing_and_is_told_with_its_bounds_and_the_one_in_force(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens?pad=262")
    drawn(page, "fig_batch")
    said = page.locator(".st-key-pad_said")
    expect(said).not_to_contain_text("262")
    top = page.locator(".st-key-fig_batch").bounding_box()["y"]
    page.locator(".st-key-pad input").fill("999999")
    page.keyboard.press("Enter")
    expect(said).to_contain_text(re.compile("999999.*50256.*262", re.DOTALL))
    expect(page.locator(".st-key-pad input")).to_have_value("262")
    assert page.locator(".st-key-fig_batch").bounding_box()["y"] == pytest.approx(top, abs=2)
    page.locator(".st-key-pad input").fill("464")
    page.keyboard.press("Enter")
    expect(said).not_to_contain_text("999999")
    expect(page).to_have_url(re.compile("pad=464"))


def test_on_a_phone_a_longer_table_opens_at_the_read_column_too(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Tokens")
    drawn(phone, "fig_batch")
    phone.get_by_test_id("stExpandSidebarButton").click()
    sentences = phone.get_by_label("Sentences", exact=True)
    sentences.fill("My dog is\nThe cat sat on the mat because it was")
    sentences.press("Control+Enter")
    phone.wait_for_function(
        "(el => el.scrollWidth > 1000 && el.scrollWidth - el.clientWidth - el.scrollLeft < 2)"
        "(document.querySelector('.st-key-fig_batch .plot-frame'))"
    )


def test_a_view_that_is_chosen_at_the_lower_edge_comes_into_view(page: Page, app: str) -> None:
    page.goto(f"{app}/Tokens")
    drawn(page, "fig_next")
    views = page.locator(".st-key-topic:not([data-retained])")
    assert views.bounding_box()["y"] > 450
    views.get_by_role("radio", name="Alone or in the batch").click()
    drawn(page, "fig_independence")
    page.wait_for_function("document.querySelector('.st-key-topic').getBoundingClientRect().top < 100")
