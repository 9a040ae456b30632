"""The glossary in a browser: a term opens it at its entry, from a click however early, and from a link."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_a_term_opens_the_glossary_at_its_entry_on_every_page_and_the_address_stays(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks")
    glossary = page.get_by_role("dialog", name="Glossary")
    for term, entry, where in (("mask", "attention mask", "Masks"), ("token", "token", "Generate")):
        page.locator(".st-key-heading").get_by_role("link", name=term, exact=True).click()
        expect(glossary.locator(".asked dt")).to_have_text(entry)
        expect(glossary.locator(".asked dt")).to_be_in_viewport()
        assert page.url == f"{app}/{where}"
        page.keyboard.press("Escape")
        expect(glossary).to_be_hidden()
        page.get_by_test_id("stSidebar").get_by_role("link", name="Generate", exact=True).click()
        page.wait_for_url("**/Generate")
        expect(page.get_by_role("heading", name="Generate")).to_be_visible()
    page.get_by_role("button", name="Glossary", exact=True).click()
    expect(glossary).to_be_visible()
    expect(glossary.locator(".asked")).to_have_count(0)


def test_a_link_to_a_term_opens_its_entry_and_one_to_no_term_the_list(page: Page, app: str) -> None:
    glossary = page.get_by_role("dialog", name="Glossary")
    for hashed, entries in (("beam%20search", ["beam search"]), ("%E0%A4%A", [])):
        page.goto("about:blank")
        page.goto(f"{app}/Compare?max_new_tokens=3#glossary-{hashed}")
        expect(glossary).to_be_visible()
        expect(glossary.locator(".asked dt")).to_have_text(entries)
        page.wait_for_url(f"{app}/Compare?max_new_tokens=3")
