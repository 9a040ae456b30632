"""A lesson in a real browser: opened by its link, led by keys, covered until it is revealed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from lessons.loading import FOLDER, load
from pages.lessons.handout import student_page, teacher_page
from tests.browser.conftest import watched

STEPS = load(FOLDER / "masks.yaml").steps

# Returns the texts of what the lower edge of the strip cuts into pieces.
CUT = """() => {
    const edge = document.querySelector(".st-key-lesson_strip").getBoundingClientRect().bottom;
    return [...document.querySelectorAll("[data-testid=stMain] [data-testid=stElementContainer]")].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return !one.closest(".st-key-lesson_strip") && top < edge - 1 && bottom > edge + 1;
    }).map((one) => one.innerText);
}"""


@pytest.fixture
def hall(chromium: Browser) -> Iterator[Page]:
    """Return a fresh browser page at the size of a projector."""
    yield from watched(chromium, 1280, 720)


def text(page: Page) -> str:
    """Return all text of the page, that of shadow roots and of labels for screen readers included."""
    return str(
        page.evaluate(
            """() => {
                const read = (node) => [...node.childNodes].map((child) =>
                    (child.nodeType === Node.TEXT_NODE ? child.data : "") + (child.getAttribute?.("aria-label") ?? "")
                    + (child.shadowRoot ? read(child.shadowRoot) : "") + read(child)).join(" ");
                return read(document.body);
            }"""
        )
    )


def at_step(page: Page, number: int) -> None:
    expect(page.locator(".st-key-lesson_strip")).to_contain_text(f"Masks {number} of {len(STEPS)}")
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_function("globalThis.maskscopeLesson?.onward")  # its keys are heard


def test_the_third_step_opens_by_its_link_and_keys_lead_on(hall: Page, app: str) -> None:
    hall.goto(f"{app}/?lesson=masks-3")  # on the address of another page
    at_step(hall, 3)
    expect(hall).to_have_url(f"{app}/Masks?lesson=masks-3")
    strip = hall.locator(".st-key-lesson_strip")
    expect(strip).to_be_in_viewport(ratio=1)
    expect(hall.locator(".st-key-mask_strip")).to_contain_text("rabbit")
    assert hall.locator(".js-plotly-plot").count() == 0
    assert "39\xa0%" not in text(hall)
    hall.keyboard.press("2")
    expect(strip.locator("[role=radio][aria-checked=true]")).to_contain_text("queen")
    hall.keyboard.press("PageDown")
    expect(hall.locator(".st-key-fig_sweep .js-plotly-plot")).to_be_visible()
    expect(strip).to_contain_text("queen” (you said)")
    assert "39\xa0%" in text(hall)
    hall.keyboard.press("Space")  # the same key now goes on
    at_step(hall, 4)
    expect(hall).to_have_url(f"{app}/Heads?lesson=masks-4")
    hall.keyboard.press("PageDown")
    expect(hall.locator(".st-key-fig_difference .js-plotly-plot")).to_be_visible()
    hall.keyboard.press("PageUp")
    at_step(hall, 3)
    expect(hall.locator(".st-key-fig_sweep .js-plotly-plot")).to_be_visible()  # it was revealed


def test_a_key_blanks_the_screen_any_key_brings_it_back_and_keys_type_where_something_is_typed(
    hall: Page, app: str
) -> None:
    hall.goto(f"{app}/Masks?lesson=masks-1")
    at_step(hall, 1)
    hall.keyboard.press("b")
    expect(hall.locator(".maskscope-blank")).to_be_visible()
    hall.keyboard.press("PageDown")
    expect(hall.locator(".maskscope-blank")).to_have_count(0)
    assert hall.locator(".js-plotly-plot").count() == 0  # the key did nothing else
    box = hall.get_by_role("textbox", name="Sentences")
    box.focus()
    box.press("End")
    hall.keyboard.type("b 1")
    expect(box).to_have_value("They shook theirb 1")
    expect(hall.locator(".maskscope-blank")).to_have_count(0)
    assert hall.locator(".js-plotly-plot").count() == 0


def test_back_in_the_browser_goes_a_step_back_and_leaving_shows_the_top_of_the_list_of_lessons(
    hall: Page, app: str
) -> None:
    hall.goto(f"{app}/Masks?lesson=masks-1")
    at_step(hall, 1)
    hall.locator(".st-key-lesson_next button").click()
    at_step(hall, 2)
    hall.go_back()
    at_step(hall, 1)
    expect(hall).to_have_url(f"{app}/Masks?lesson=masks-1")
    hall.keyboard.press("PageDown")
    hall.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 0")  # at what answers
    hall.locator(".st-key-lesson_leave button").click()
    expect(hall.locator(".st-key-lesson_strip")).to_have_count(0)
    expect(hall.locator(".st-key-start_masks button")).to_be_visible()
    hall.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop === 0")
    expect(hall).to_have_url(re.compile(f"^{app}/Lessons"))


def test_after_the_reveal_what_answers_is_whole_and_the_strip_cuts_nothing_into_pieces(hall: Page, app: str) -> None:
    for page, number, figure in (
        ("Heads", 4, "fig_difference"),
        ("Mechanics", 6, "fig_row"),
        ("Tokens", 8, "fig_next"),
    ):
        hall.goto(f"{app}/{page}?lesson=masks-{number}")
        at_step(hall, number)
        hall.keyboard.press("PageDown")
        hall.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 0")
        expect(hall.locator(f".st-key-{figure}:not([data-retained]) .js-plotly-plot")).to_be_in_viewport(ratio=1)
        assert hall.evaluate(CUT) == []


def test_in_a_hall_the_words_with_what_is_hidden_and_the_changed_picture_are_in_view_together(
    hall: Page, app: str
) -> None:
    hall.goto(f"{app}/Masks?lesson=masks-1&present=on")
    at_step(hall, 1)
    hall.keyboard.press("PageDown")
    hall.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 0")
    expect(hall.locator(".st-key-fig_next:not([data-retained]) .js-plotly-plot")).to_be_in_viewport(ratio=1)
    expect(hall.locator(".st-key-mask_strip")).to_be_in_viewport(ratio=1)
    under = hall.locator(".st-key-lesson_strip").bounding_box()
    assert hall.locator(".st-key-mask_strip").bounding_box()["y"] >= under["y"] + under["height"]


def test_a_key_pressed_before_its_button_is_drawn_presses_it_then(hall: Page, app: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    hall.route(re.compile(r"/static/js/Button\.[^/]*\.js"), hold)  # what Streamlit draws buttons with
    hall.goto(f"{app}/Masks?lesson=masks-1")
    at_step(hall, 1)
    hall.keyboard.press("PageDown")
    assert hall.locator(".st-key-lesson_reveal button").count() == 0
    for request in held:
        request.continue_()
    expect(hall.locator(".st-key-fig_next:not([data-retained]) .js-plotly-plot")).to_be_visible()


def test_the_first_screen_shows_every_lesson(hall: Page, app: str) -> None:
    hall.goto(f"{app}/Lessons")
    for lesson in ("masks", "sampling"):
        expect(hall.locator(f".st-key-lesson_{lesson}")).to_be_in_viewport(ratio=1)


def test_a_lesson_is_started_and_a_cover_lifted_on_a_phone(phone: Page, app: str) -> None:
    phone.goto(f"{app}/Lessons")
    phone.locator(".st-key-start_masks button").click()
    at_step(phone, 1)
    strip = phone.locator(".st-key-lesson_strip")
    assert strip.bounding_box()["width"] <= 390
    phone.locator(".st-key-lesson_reveal button").click()
    expect(phone.locator(".st-key-fig_next:not([data-retained]) .js-plotly-plot")).to_be_visible()


def test_results_are_covered_on_any_page_and_a_key_reveals_them(hall: Page, app: str) -> None:
    hall.goto(f"{app}/Mechanics?cover=on")
    expect(hall.locator(".st-key-lesson_reveal button")).to_be_visible()
    assert hall.locator(".js-plotly-plot").count() == 0
    hall.wait_for_function("globalThis.maskscopeLesson?.onward")
    hall.keyboard.press("Space")
    expect(hall.locator(".st-key-fig_row .js-plotly-plot")).to_be_visible()


@pytest.mark.parametrize("lesson", ["masks", "sampling"])
def test_a_handout_works_from_disk_without_a_network_and_prints(
    chromium: Browser, tiny, tmp_path: Path, lesson: str
) -> None:
    found = load(FOLDER / f"{lesson}.yaml")
    asked: list[str] = []
    for name, make in (("class", student_page), ("teacher", teacher_page)):
        path = tmp_path / f"{name}.html"
        path.write_text(make(found, tiny), encoding="utf-8")
        for page in watched(chromium, 1280, 720):
            page.context.set_offline(True)
            page.on("request", lambda request: asked.append(request.url))
            page.goto(path.as_uri())
            expect(page.locator("section")).to_have_count(len(found.steps))
            figures = page.locator("[id^=figure_]")
            expect(page.locator("[id^=figure_] .main-svg:first-child")).to_have_count(figures.count())
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            printed = page.pdf(format="A4")
            assert printed.startswith(b"%PDF")
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
