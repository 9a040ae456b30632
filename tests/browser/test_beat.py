"""A part of the page that asks for its next drawing, in a script of its own."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocket, expect

from tests.tools.server import ROOT

SCRIPT = f"""
import sys
import time

sys.path.insert(0, {str(ROOT)!r})

import streamlit as st

from pages.common.components.beat import beat

if st.button("slow"):
    time.sleep(4)
st.text(f"page {{time.monotonic()}}")


@st.fragment
def part():
    st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    st.text(f"drawn {{st.session_state.drawn}}")
    beat(0.6, "beat")


if not st.checkbox("without"):
    part()
"""


def test_a_part_is_drawn_again_and_again_and_asks_nothing_while_the_page_is_at_work(page: Page, address: str) -> None:
    asked: list[str] = []
    state = "document.querySelector('[data-testid=stApp]').dataset.testScriptState"

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: asked.append("asked"))

    page.on("websocket", listen)
    page.goto(address)
    for number in (1, 3):
        expect(page.get_by_text(f"drawn {number}", exact=True)).to_be_visible()
    written = page.get_by_text("page ").inner_text()

    page.get_by_role("button", name="slow").click()
    page.wait_for_function(f"{state} === 'running'")
    asked.clear()
    page.wait_for_timeout(1_500)  # the part would have asked twice
    assert (page.evaluate(state), asked) == ("running", [])
    expect(page.get_by_text(written, exact=True)).to_have_count(0)
    before = page.get_by_text("drawn ").inner_text()
    expect(page.get_by_text(before, exact=True)).to_have_count(0)  # it goes on


def test_a_part_that_is_gone_asks_nothing_any_more(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append("asked")))
    page.goto(address)
    expect(page.get_by_text("drawn 4", exact=True)).to_be_visible()
    page.get_by_text("without").click()
    expect(page.get_by_text("drawn ")).to_have_count(0)
    asked.clear()
    page.wait_for_timeout(4_000)  # after three seconds it would take an earlier drawing for lost
    assert asked == []


def test_a_part_asks_nothing_behind_a_click_that_leads_to_another_page(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append("asked")))
    page.goto(address)
    expect(page.get_by_text("drawn 2", exact=True)).to_be_visible()
    page.evaluate("""() => {
      const link = document.createElement("a");
      link.textContent = "another page";
      const place = document.createElement("div");
      place.dataset.testid = "stPageLink";
      place.append(link);
      document.body.append(place);
      link.click();
    }""")
    asked.clear()
    page.wait_for_timeout(7_000)  # a busy server lets the click wait
    assert asked == []
    drawn = int(page.get_by_text("drawn ").inner_text().split()[1])
    page.get_by_role("button", name="slow").click()  # a run of this page, which draws the part once
    expect(page.get_by_text(f"drawn {drawn + 2}", exact=True)).to_be_visible()  # it goes on where the reader has stayed
