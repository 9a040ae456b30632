"""The Heads page in a browser."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

CELL = "(el, [q, k]) => { const t = el.querySelector('.js-plotly-plot').data[0]; return [t.name, t.z[q][k]] }"
BLOCKED = """el => {
  const z = el.querySelector('.js-plotly-plot').data[0].z;
  return [z.length, z[0].length, Array.from(z[3]).map(v => v === null || Number.isNaN(v))];
}"""
OVERLAP = """el => {
  const boxes = [...el.querySelectorAll('.js-plotly-plot .textpoint text')].map(t => t.getBoundingClientRect());
  return boxes.some((a, i) => boxes.some((b, j) => j > i && a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 4 && b.top < a.bottom - 4));
}"""


def drawn(page: Page, name: str) -> Locator:
    # While a new figure is drawn, the old one stays behind it for a moment, marked as stale.
    figure = page.locator(f".st-key-{name}[data-stale=false]")
    # The first page of a server waits for torch, too.
    expect(figure.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=60_000)
    return figure


def click_head(page: Page, layer: int, head: int) -> None:
    """Click the tile of a head on the map, by the axes' own place for it."""
    box = drawn(page, "fig_overview").evaluate(
        """(el, [layer, head]) => {
          const g = el.querySelector('.js-plotly-plot'), s = g._fullLayout, r = g.getBoundingClientRect();
          return [r.left + s.xaxis._offset + s.xaxis.d2p(head), r.top + s.yaxis._offset + s.yaxis.d2p(layer)];
        }""",
        [layer, head],
    )
    page.mouse.move(*box)
    page.mouse.click(*box)


def test_a_click_on_a_tile_opens_that_head_with_its_own_weights(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads")
    figure = drawn(page, "fig_head")
    assert figure.evaluate(BLOCKED) == [8, 8, [True] * 3 + [False] + [True] * 4]
    assert not figure.evaluate(OVERLAP)
    click_head(page, 3, 3)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("3")
    expect(page.get_by_text("Reading “␣the”, this head takes 96% of its mix from “␣in”")).to_be_visible()
    page.wait_for_url("**layer=3**")
    name, weight = drawn(page, "fig_head").evaluate(CELL, [7, 6])
    assert name == "weight"
    assert 0.955 < weight < 0.965
    click_head(page, 0, 0)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("0")
    click_head(page, 3, 3)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("3")


def test_the_keyboard_opens_heads_and_a_link_restores_head_sentence_and_side(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?layer=2&head=5&sentence=2&side=right")
    drawn(page, "fig_head")
    expect(page.get_by_label("Sentence", exact=True)).to_have_value("2")
    assert drawn(page, "fig_head").evaluate(BLOCKED)[2] == [False] * 3 + [True] * 5
    layer = page.get_by_label("Layer", exact=True)
    expect(layer).to_have_value("2")
    layer.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**layer=3**")
    expect(page.get_by_label("Head", exact=True)).to_have_value("5")
    page.locator("h1").click()
    page.keyboard.press("PageDown")
    expect(page.get_by_label("Head", exact=True)).to_have_value("6")


def test_on_a_phone_the_matrix_scrolls_in_its_frame_and_the_page_does_not(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Heads?layer=3&head=3")
    figure = drawn(phone, "fig_head")
    assert not figure.evaluate(OVERLAP)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    frame = phone.locator("[class*=st-key-head_frame]")
    assert frame.evaluate("el => [...el.querySelectorAll('*')].some(e => e.scrollWidth > e.clientWidth + 100)")
