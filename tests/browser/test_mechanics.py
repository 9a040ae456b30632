"""The Mechanics page in a browser: a teacher steps by keyboard, a click opens a cell, a phone shows it all."""

from __future__ import annotations

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from pages.common.link_parameters import CONTROLS
from pages.mechanics.views import VIEWS

TRACES = "el => el.querySelector('.js-plotly-plot').data.map(t => t.name)"


def drawn(page: Page, name: str) -> Locator:
    figure = page.locator(f".st-key-{name}[data-stale=false]")
    # The first page of a server waits for torch and for plotly, which takes long on a busy machine only.
    expect(figure.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=100_000)
    return figure


def test_a_teacher_steps_through_the_stages_by_keyboard(page: Page, app: str) -> None:
    page.goto(f"{app}/Mechanics?layer=3&head=1&query=2")
    assert "masked" not in drawn(page, "fig_row").evaluate(TRACES)
    drawn(page, "fig_weights")  # the last of the page: a key pressed while it is built may miss the address
    # Streamlit fetches what draws buttons apart: on a busy machine they come after the figures, and only then has one its key.
    expect(page.locator(".st-key-stage_next button")).to_be_enabled()
    page.keyboard.press("PageDown")
    expect(page.get_by_text("The mask adds 0", exact=False)).to_be_visible()
    page.wait_for_url("**stage=mask**")
    assert "blocked: comes later" in drawn(page, "fig_row").evaluate(TRACES)
    page.keyboard.press("PageDown")
    page.wait_for_url("**stage=exp**")
    page.keyboard.press("PageUp")
    page.wait_for_url("**stage=mask**")


def test_a_click_on_a_cell_puts_it_under_the_microscope_and_the_keyboard_does_the_same(page: Page, app: str) -> None:
    page.goto(f"{app}/Mechanics?layer=3&head=1")
    expect(page.get_by_text("how much “␣the” takes from “It”", exact=False)).to_be_visible(timeout=60_000)
    figure = drawn(page, "fig_weights")
    figure.scroll_into_view_if_needed()
    x, y = figure.evaluate(
        """el => { const g = el.querySelector('.js-plotly-plot'), s = g._fullLayout, r = g.getBoundingClientRect();
          return [r.left + s.xaxis._offset + s.xaxis.d2p(4), r.top + s.yaxis._offset + s.yaxis.d2p(5)]; }"""
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page.get_by_text("how much “␣rain” takes from “␣will”", exact=False)).to_be_visible()
    page.wait_for_url("**query=2**")
    chosen = page.locator(".st-key-key").get_by_role("combobox")
    chosen.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    chosen.click()
    page.get_by_role("option", name="␣rain").click()
    expect(page.get_by_text("how much “␣rain” takes from “␣rain”", exact=False)).to_be_visible()
    page.get_by_role("button", name="row of in", exact=True).click()
    expect(page.get_by_text("how much “␣in” takes from “␣rain”", exact=False)).to_be_visible()


def test_a_phone_shows_the_strips_and_only_pictures_scroll_sideways(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Mechanics?stage=values&part=wrong")
    drawn(phone, "fig_row")
    drawn(phone, "fig_wrong")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(phone.get_by_test_id("stException")).to_have_count(0)


def test_every_stage_is_in_view_at_once_whether_opened_by_its_address_or_by_next(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/Mechanics?stage=values")
    expect(drawn(page, "fig_row").locator(".plot-frame")).to_be_in_viewport(ratio=1)
    page.goto(f"{app}/Mechanics")
    figure = drawn(page, "fig_row")
    for stage in list(CONTROLS["stage"].options)[1:]:
        page.locator(".st-key-stage_next button").click()
        page.wait_for_url(f"**stage={stage}**")
        expect(figure.locator(".plot-frame")).to_be_in_viewport(ratio=1)
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0


# How much of a box's content is not seen, in px, at most while it opens and its content comes.
HIDDEN = """async box => {
  const high = (selector) => box.querySelector(selector).getBoundingClientRect().height;
  box.querySelector("summary").click();
  let hidden = 0;
  for (const end = performance.now() + 1500; performance.now() < end;) {
    await new Promise(requestAnimationFrame);
    if (box.querySelector("[inert]")) continue;
    hidden = Math.max(hidden, high("summary") + high("[data-testid=stExpanderDetails]") - high("details"));
  }
  return [hidden, high("details")];
}"""


def test_a_box_has_its_height_at_once_so_that_nothing_below_moves_on_under_a_press(page: Page, app: str) -> None:
    page.goto(f"{app}/Mechanics?layer=3&head=1&part=fills")
    drawn(page, "fig_fates_blocked")
    hidden, height = page.locator(".st-key-how_low_box").evaluate(HIDDEN)
    assert height > 300
    assert hidden < 1


# Each part about what goes wrong, with the figure it draws last, the lines of its tables, and what its code says.
FAULTS = (
    ("unmasked", "fig_unmasked", {"without_mask": 64}, "free = scores"),
    ("wrong", "fig_wrong", {"wrong_ways": 20}, '"after": scores.softmax(-1) * seen'),
    ("fills", "fig_fates_blocked", {"fates": 48, "how_low": 11, "nan": 8}, "FILL_RANGE = "),
)
BOXES = {"how_low": "how_low_box", "nan": "spread_box"}  # tables in closed boxes


def test_every_picture_of_what_goes_wrong_goes_home_as_numbers_and_code(page: Page, app: str) -> None:
    page.goto(f"{app}/Mechanics?layer=3&head=1&part={FAULTS[0][0]}")
    for part, figure, taken, says in FAULTS:
        if part != FAULTS[0][0]:
            page.locator(".st-key-part").get_by_role("radio", name=VIEWS[part].label).click()
        drawn(page, figure)
        for name, lines in taken.items():
            if name in BOXES:
                page.locator(f".st-key-{BOXES[name]} summary").click()
            with page.expect_download() as saved:
                page.locator(f".st-key-csv_{name} button").click()
            assert len(pd.read_csv(saved.value.path())) == lines
            page.locator(f".st-key-code_{name} button").first.click()
            expect(page.get_by_text(says, exact=False).first).to_be_visible()
            page.keyboard.press("Escape")
