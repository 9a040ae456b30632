"""The Heads page in a browser."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from formatting import percent
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch

CELL = "(el, [q, k]) => { const t = el.querySelector('.js-plotly-plot').data[0]; return [t.name, t.z[q][k]] }"
BLOCKED = """el => {
  const z = el.querySelector('.js-plotly-plot').data[0].z;
  return [z.length, z[0].length, Array.from(z[3]).map(v => v === null || Number.isNaN(v))];
}"""
RANGE = "el => el.querySelector('.js-plotly-plot').layout.xaxis.range"
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


def place(figure: Locator, x: float, y: float) -> list[float]:
    """Return where on the screen a figure has this place of its axes."""
    found: list[float] = figure.evaluate(
        """(el, [x, y]) => {
          const g = el.querySelector('.js-plotly-plot'), s = g._fullLayout, r = g.getBoundingClientRect();
          return [r.left + s.xaxis._offset + s.xaxis.d2p(x), r.top + s.yaxis._offset + s.yaxis.d2p(y)];
        }""",
        [x, y],
    )
    return found


def click_head(page: Page, layer: int, head: int) -> None:
    """Click the tile of a head on the map."""
    page.mouse.click(*place(drawn(page, "fig_overview"), head, layer))


def test_a_click_on_a_tile_opens_that_head_with_its_own_weights(
    page: Page, app: str, tiny: LoadedModel, mission: TokenBatch
) -> None:
    (maps, *_) = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))
    row = maps.weights[3, 3, 7]
    read, share = mission.labels(0)[row.argmax()], float(row.max())
    page.goto(f"{app}/Heads")
    figure = drawn(page, "fig_head")
    assert figure.evaluate(BLOCKED) == [8, 8, [True] * 3 + [False] + [True] * 4]
    assert not figure.evaluate(OVERLAP)
    click_head(page, 3, 3)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("3")
    expect(page.get_by_text(f"{percent(share)} of what “␣the” reads in this head comes from “{read}”.")).to_be_visible()
    page.wait_for_url("**layer=3**")
    name, weight = drawn(page, "fig_head").evaluate(CELL, [7, int(row.argmax())])
    assert name == "weight"
    assert abs(weight - share) < 0.005
    click_head(page, 0, 0)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("0")
    click_head(page, 3, 3)
    expect(page.get_by_label("Layer", exact=True)).to_have_value("3")
    page.mouse.click(*place(drawn(page, "fig_head"), 4, 6))
    expect(page.get_by_text("of what “␣in” reads in this head")).to_be_visible()
    page.wait_for_url("**key=1**")  # the column “␣will”, of a sentence behind three pads


def test_a_number_beyond_its_bounds_is_refused_with_them_inside_the_window(
    page: Page, app: str, tiny: LoadedModel
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/Heads?layer=3&head=2")
    drawn(page, "fig_head")
    page.get_by_label("Head", exact=True).fill("99")
    page.keyboard.press("Enter")
    message = page.locator(".st-key-head [role=alert]")
    expect(message).to_contain_text(str(tiny.heads - 1))
    expect(message).to_be_in_viewport(ratio=1)
    assert message.evaluate("el => getComputedStyle(el).clipPath") == "none"


def test_the_keyboard_opens_heads_and_a_link_restores_head_sentence_and_side(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?layer=2&head=5&sentence=2&side=right")
    drawn(page, "fig_head")
    expect(page.locator(".st-key-sentence input")).to_have_value("My dog is")
    assert drawn(page, "fig_head").evaluate(BLOCKED)[2] == [False] * 3 + [True] * 5
    layer = page.get_by_label("Layer", exact=True)
    expect(layer).to_have_value("2")
    layer.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**layer=3**")
    expect(page.get_by_label("Head", exact=True)).to_have_value("5")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.get_by_label("Head", exact=True)).to_have_value("6")


def test_on_a_phone_the_matrix_scrolls_in_its_frame_and_the_page_does_not(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Heads?layer=3&head=3")
    figure = drawn(phone, "fig_head")
    assert not figure.evaluate(OVERLAP)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    frame = phone.locator(".st-key-fig_head .plot-frame")
    assert frame.evaluate("el => el.scrollWidth > el.clientWidth + 100")
    words = figure.locator(".annotation", has_text="padding")
    expect(words).to_be_hidden()  # it opens at the words, and the names of rows stand where the pads are
    frame.evaluate("el => { el.scrollLeft = 0 }")
    expect(words).to_be_visible()


def test_opening_a_head_changes_the_figure_in_place_and_keeps_the_zoom(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?layer=3&head=3&text={'the%20' * 39}the")
    figure = drawn(page, "fig_head")
    figure.evaluate("el => { el.querySelector('.js-plotly-plot').marked = true }")
    figure.hover()
    figure.locator("[data-title='Zoom']").click()
    corners = [place(figure, x, y) for x, y in ((2, 3), (9, 10))]
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[1], steps=4)
    page.mouse.up()
    zoomed = figure.evaluate(RANGE)
    assert zoomed != [-0.5, 39.5]
    before = figure.evaluate(CELL, [5, 4])
    page.locator(".st-key-head_after button").click()
    expect(page.get_by_label("Attention weights of layer 3, head 4: rows read columns.")).to_be_visible()
    plot = page.locator(".st-key-fig_head .js-plotly-plot")
    assert plot.evaluate("plot => plot.marked")
    assert figure.evaluate(RANGE) == zoomed
    assert "head 4" in plot.evaluate("plot => plot.layout.annotations.find(a => a.name === 'opened').text")
    after = drawn(page, "fig_head").evaluate(CELL, [5, 4])
    assert after[1] != before[1]
    # Coming back to the page, the figure is drawn anew, as the open head.
    page.get_by_role("link", name="Masks").click()
    expect(page.get_by_role("heading", name="Masks")).to_be_visible()
    page.get_by_role("link", name="Heads").click()
    assert drawn(page, "fig_head").evaluate(CELL, [5, 4]) == after
    frame = "plot => { const s = plot.layout.shapes.find(s => s.name === 'opened'); return [s.y0 + 0.5, s.x0 + 0.5] }"
    assert page.locator(".st-key-fig_overview .js-plotly-plot").evaluate(frame) == [3, 4]


def test_a_row_of_the_measures_opens_its_head_and_a_found_head_opens_by_keyboard(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?layer=0&head=0&closer=search&query=4&key=2")
    found = page.locator(".st-key-found_weight_0 button")
    expect(found).to_be_visible(timeout=60_000)
    layer, head = re.findall(r"\d+", found.inner_text())[:2]
    found.focus()
    found.press("Enter")
    expect(page.locator(".st-key-layer input")).to_have_value(layer)
    expect(page.locator(".st-key-head input").first).to_have_value(head)
    page.locator(".st-key-closer button").filter(has_text="Measures").click()
    table = page.locator(".st-key-table_heads")
    expect(table.locator("canvas tr").nth(3)).to_be_attached()  # the table's text for screen readers: it is drawn
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 35 * 2 + 18)  # the third line: layer 0, head 2
    expect(page.locator(".st-key-head input").first).to_have_value("2")
    expect(page.locator(".st-key-layer input")).to_have_value("0")


def test_all_heads_go_home_as_a_page_and_a_tile_of_the_gallery_opens_its_head(page: Page, app: str) -> None:
    page.goto(f"{app}/Heads?text=He+shook+his+head&layer=1&head=1&closer=side-by-side")
    tiles = page.locator(".st-key-fig_gallery .js-plotly-plot")
    expect(tiles).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download all heads").click()
    written = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert "He shook his head" in written
    assert "http" not in written.replace("http-equiv", "")
    tiles.scroll_into_view_if_needed()
    box = tiles.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.88, box["y"] + box["height"] * 0.3)  # the fourth of the first row
    expect(page.locator(".st-key-head input")).to_have_value("3")
    expect(page.locator(".st-key-layer input")).to_have_value("1")


def test_pictures_side_by_side_fit_their_columns_on_a_small_screen(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    for view, name in (("compare", "fig_beside_other"), ("batch", "fig_sentence_1")):
        page.goto(f"{app}/Heads?closer={view}")
        frame = drawn(page, name).locator(".plot-frame")
        assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
