"""A class that votes: phones in a real browser, and a hall of them by plain HTTP, beside the teacher's page."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.tools.voters import vote


def test_a_phone_votes_changes_its_vote_and_sees_the_counts_after_reveal(page: Page, phone: Page, app: str) -> None:
    page.goto(f"{app}/Masks?lesson=masks-1")
    page.locator(".st-key-room_menu button").click()
    page.locator(".st-key-room_open button").click()
    expect(page.locator(".vote-count")).to_have_text("0 votes")
    expect(page).to_have_url(re.compile("room="))
    letters = page.url.rpartition("room=")[2]
    phone.goto(f"{app}/room/{letters.lower()}")
    choices = phone.locator("#choices button")
    expect(choices).to_have_count(3)
    assert not Axe().run(phone, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}).response["violations"]
    choices.nth(0).click()
    choices.nth(2).focus()
    phone.keyboard.press("Enter")
    expect(phone.locator("[aria-pressed=true]")).to_have_count(1)
    expect(choices.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(choices.nth(2)).to_be_focused()
    expect(page.locator(".vote-count")).to_have_text("1 vote")
    page.keyboard.press("Escape")  # closes the menu of the room
    page.locator(".st-key-lesson_choice button").first.click()  # the page is drawn again, with another count
    expect(page.locator(".st-key-lesson_choice button[aria-checked=true]")).to_have_count(1)
    asked = []
    for _ in range(3):
        with page.expect_request_finished(lambda request: request.url.endswith("/count")) as count:
            pass
        asked.append(count.value.timing["startTime"])
    assert asked[2] - asked[0] > 3_000  # ms: still every two seconds, not twice
    phone.reload()  # the same browser, the same vote
    expect(choices.nth(2)).to_have_attribute("aria-pressed", "true")
    assert "%" not in phone.locator("body").inner_text()  # as the answer has it
    page.locator(".st-key-lesson_reveal button").click()
    expect(page.locator(".st-key-fig_votes .js-plotly-plot")).to_be_visible()
    expect(page.locator(".st-key-fig_next:not([data-retained]) .js-plotly-plot")).to_be_in_viewport(
        ratio=1
    )  # the votes are not what answers
    expect(phone.locator("#choices .row")).to_have_count(3)
    expect(phone.locator(".row.yours")).to_contain_text("1")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".st-key-lesson_next button").click()
    expect(choices).to_have_count(3)
    expect(phone.locator("[aria-pressed=true]")).to_have_count(0)


def test_sixty_phones_vote_on_one_server_and_all_are_counted(app: str) -> None:
    hall = vote(app, 60, every=0.5)
    expected = tuple(hall.voted[choice] for choice in range(3))
    assert sum(expected) == 60
    assert hall.counted == [expected] * 60
