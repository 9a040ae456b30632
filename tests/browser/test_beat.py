"""What asks for a drawing by itself, in a script of its own: a part that is drawn again and again, the width of the window."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocket, expect

from tests.tools.server import ROOT

SCRIPT = f"""
import sys
import time

sys.path.insert(0, {str(ROOT)!r})

import streamlit as st

from pages.common.components.beat import beat
from pages.common.components.window_width import window_width

if st.button("slow"):
    time.sleep(4)
st.text(f"page {{time.monotonic()}}")
if "wide" in st.query_params:
    st.text(f"width {{window_width()}}")


@st.fragment
def part():
    st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    st.text(f"drawn {{st.session_state.drawn}}")
    beat(0.6, "beat")


if not st.checkbox("without"):
    part()
"""


def wait_until_drawn(page: Page, times: int) -> None:
    """Wait until the part has been drawn at least so many `times`: a number is seen for 0.6 s only."""
    number = "Number(/drawn ([0-9]+)/.exec(document.body.innerText)?.[1])"
    page.wait_for_function(f"times => {number} >= times", arg=times)


def test_a_part_is_drawn_again_and_again_and_asks_nothing_while_the_page_is_at_work(page: Page, address: str) -> None:
    asked: list[str] = []
    state = "document.querySelector('[data-testid=stApp]').dataset.testScriptState"

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: asked.append("asked"))

    page.on("websocket", listen)
    page.goto(address)
    wait_until_drawn(page, 3)
    written = page.get_by_text("page ").inner_text()

    page.get_by_role("button", name="slow").click()
    page.wait_for_function(f"{state} === 'running'")
    asked.clear()
    page.wait_for_timeout(1_500)  # the part would have asked twice
    assert (page.evaluate(state), asked) == ("running", [])
    expect(page.get_by_text(written, exact=True)).to_have_count(0)
    wait_until_drawn(page, int(page.get_by_text("drawn ").inner_text().split()[1]) + 1)  # it goes on


def test_a_part_that_is_gone_asks_nothing_any_more(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append("asked")))
    page.goto(address)
    wait_until_drawn(page, 4)
    page.get_by_text("without").click()
    expect(page.get_by_text("drawn ")).to_have_count(0)
    asked.clear()
    page.wait_for_timeout(4_000)  # after three seconds it would take an earlier drawing for lost
    assert asked == []


def test_nothing_is_asked_behind_a_click_that_leads_to_another_page(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append("asked")))
    page.goto(f"{address}/?wide")
    wait_until_drawn(page, 2)
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
    page.set_viewport_size({"width": 900, "height": 700})
    page.wait_for_timeout(7_000)  # a busy server lets the click wait
    assert asked == []
    drawn = int(page.get_by_text("drawn ").inner_text().split()[1])
    page.get_by_role("button", name="slow").click()  # a run of this page, which draws the part once
    wait_until_drawn(page, drawn + 2)  # it goes on where the reader has stayed
    expect(page.get_by_text("width 900", exact=True)).to_be_visible(timeout=10_000)
