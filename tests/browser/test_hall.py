"""A page for a hall in a real browser: every text large enough for the last row, and the keys of whoever presents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watched
from tests.browser.test_lessons import at_step

# Returns every text in view that is smaller than `least` px, in shadow roots too: its size and its beginning.
SMALL = """(least) => {
    const seen = (element) => {
        for (let one = element; one; one = one.parentElement ?? one.getRootNode().host) {
            const { display, visibility, opacity } = getComputedStyle(one);
            if (display === "none" || visibility === "hidden" || opacity === "0") return false;
        }
        return true;
    };
    const texts = (node) => [...node.childNodes].flatMap((child) => child.nodeType === Node.TEXT_NODE ? [child]
        : child.nodeType === Node.ELEMENT_NODE ? [...texts(child), ...(child.shadowRoot ? texts(child.shadowRoot) : [])] : []);
    return texts(document.body).flatMap((text) => {
        const element = text.parentElement;
        const range = document.createRange();
        range.selectNodeContents(text);
        const { width, height } = range.getBoundingClientRect();
        if (!text.data.trim() || width < 2 || height < 2 || element.closest("style, script") || !seen(element)) return [];
        const size = parseFloat(getComputedStyle(element).fontSize);
        const icon = element.closest("[data-testid=stIconMaterial]");
        return size < least - 0.1 && !icon ? [`${size} ${text.data.trim().slice(0, 30)}`] : [];
    });
}"""


@pytest.fixture
def hall(chromium: Browser) -> Iterator[Page]:
    """Return a fresh browser page at the size of a projector."""
    yield from watched(chromium, 1280, 720)


@pytest.mark.parametrize(
    ("page", "figure"),
    [("Heads?text=The+white+rabbit+looked+at+its+watch", "fig_head"), ("Generate?max_new_tokens=3", "fig_candidates")],
)
def test_all_text_of_a_page_for_a_hall_is_large_at_any_size_of_its_screen(
    hall: Page, app: str, page: str, figure: str
) -> None:
    hall.goto(f"{app}/{page}&present=on")
    plot = hall.locator(f".st-key-{figure} .js-plotly-plot")
    for width, height, least in ((1280, 720, 18), (1920, 1080, 27)):
        hall.set_viewport_size({"width": width, "height": height})
        hall.wait_for_function(  # the browser has told its width, and the figure has come in that size
            f"(plot) => plot?._fullLayout?.font.size === {least}", arg=plot.element_handle()
        )
        expect(hall.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
        assert hall.evaluate(SMALL, least) == []
        assert hall.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(hall.locator("[data-testid=stSidebar]")).to_be_hidden()


def test_the_keys_of_a_lesson_come_before_those_of_its_page_and_a_hall_stays_one(hall: Page, app: str) -> None:
    hall.goto(f"{app}/Mechanics?lesson=masks-6")  # a page with PageDown of its own
    at_step(hall, 6)
    expect(hall.get_by_role("button", name="Present")).to_be_attached()  # only then Streamlit hears its key
    hall.keyboard.press("f")
    expect(hall).to_have_url(f"{app}/Mechanics?lesson=masks-6&present=on")
    expect(hall.locator("[data-testid=stSidebar]")).to_be_hidden()
    at_step(hall, 6)
    hall.keyboard.press("PageDown")
    row = hall.locator(".st-key-fig_row .js-plotly-plot")
    expect(row).to_be_visible()
    expect(row).to_be_in_viewport(ratio=1)  # what answers has come into view
    expect(hall.locator(".st-key-lesson_strip")).to_be_in_viewport(ratio=1)
    expect(hall).to_have_url(f"{app}/Mechanics?lesson=masks-6&present=on")  # at the stage of the step
    expect(hall.locator(".st-key-qr_code button")).to_be_attached()
    hall.keyboard.press("q")
    expect(hall.locator(".st-key-invitation")).to_contain_text("MASKSCOPE_PUBLIC_URL")
    hall.keyboard.press("PageDown")  # what lies over the page has its own keys
    hall.keyboard.press("Escape")
    expect(hall.locator(".st-key-invitation")).to_have_count(0)
    at_step(hall, 6)
    hall.keyboard.press("PageDown")
    at_step(hall, 7)
    expect(hall).to_have_url(f"{app}/Mechanics?lesson=masks-7&present=on")
    hall.locator(".st-key-layer input").focus()  # a line to type in has no use for PageDown
    hall.keyboard.press("PageDown")
    expect(hall.locator(".st-key-lesson_reveal button")).to_be_disabled()
    hall.locator("h1").click()
    hall.keyboard.press("f")
    expect(hall.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(hall).to_have_url(f"{app}/Mechanics?lesson=masks-7")


def test_a_laptops_screen_holds_every_row_of_a_head_of_eleven_tokens(hall: Page, app: str) -> None:
    hall.set_viewport_size({"width": 1280, "height": 720})
    hall.goto(f"{app}/Heads?present=on&text=The+white+rabbit+looked+at+its+watch+and+ran+down+the")
    rows = hall.locator(".st-key-fig_head .yaxislayer-above > .ytick")
    expect(rows).to_have_count(11)
    expect(rows.last).to_be_in_viewport(ratio=1)


def test_a_hall_reads_which_heads_the_map_frames(hall: Page, app: str) -> None:
    hall.goto(f"{app}/Heads?present=on")
    expect(hall.locator(".st-key-telling_heads [data-testid=stButton]")).to_have_count(2)  # none mostly reads itself
    expect(hall.locator(".st-key-telling_previous button")).to_be_visible()
    expect(hall.locator(".st-key-telling_heads [data-testid=stCaptionContainer]")).to_be_visible()
