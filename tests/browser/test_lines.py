"""The lines of a head in a browser, in a script of their own."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.tools.server import ROOT

LABELS = ["<b>x</b>", "the", "cat", "the", "incomprehensibilities"]
SCRIPT = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})

import numpy as np
import streamlit as st

from pages.common.components.lines import head_lines
from viz.base.theme import PALETTES

tokens = st.query_params.get("tokens")
labels = {LABELS!r} if tokens is None else [f"t{{i}}" for i in range(int(tokens))]
size = len(labels)
weights = np.tril(np.ones((size, size))) / np.arange(1, size + 1)[:, None]
if tokens is None:
    weights[3] = [0.005, 0.2, 0.095, 0.7, 0]
if st.toggle("other head"):
    weights = np.eye(size)
if st.toggle("short text"):
    labels, size, weights = labels[:2], 2, weights[:2, :2]
clicked = head_lines(
    labels, weights, key="lines", palette=PALETTES["light"], label="a head",
    causes={{"causal": np.triu(np.ones((size, size), bool), 1)}},
)
st.text(f"clicked {{clicked}}")
"""
LIT = "paths => paths.map(path => path.dataset.pair)"
SHARES = "tokens => tokens.map(token => token.lastChild.textContent)"
STRUCK = "tokens => tokens.map(token => getComputedStyle(token.firstChild).textDecorationLine)"
INSIDE = "el => [el.scrollWidth <= el.clientWidth, document.documentElement.scrollWidth <= innerWidth]"


def opened(page: Page, address: str, tokens: int = len(LABELS)) -> tuple[Locator, Locator]:
    """Return the tokens that read and those that are read."""
    page.goto(address)
    reads, read = (page.locator(f".tokens.{name} .token") for name in ("reads", "read"))
    expect(read).to_have_count(tokens, timeout=60_000)
    return reads, read


def lit(page: Page) -> set[str]:
    return set(page.locator("g.lit path").evaluate_all(LIT))


def test_tokens_stand_as_text_and_each_drawn_weight_has_a_line(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    for column in (reads, read):
        expect(column.locator(".word")).to_have_text([*LABELS[:4], "incomprehens…"])
        expect(column.nth(4)).to_have_attribute("title", LABELS[4])
    assert page.locator(".lines b").count() == 0
    expect(page.locator("g.every path")).to_have_count(14)  # 15 cells under the diagonal, one below 1 %
    expect(page.get_by_text("Weights below 1 % are not drawn.")).to_be_visible()
    assert lit(page) == set()


def test_hovering_a_query_lights_its_lines_writes_shares_and_strikes_what_is_blocked(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    reads.nth(3).hover()
    expect(read.nth(3).locator(".share")).to_have_text("70 %")
    assert lit(page) == {"3-1", "3-2", "3-3"}  # the other “the” is a token of its own
    assert read.evaluate_all(SHARES) == ["", "20 %", "9.5 %", "70 %", ""]
    assert read.evaluate_all(STRUCK) == ["none"] * 4 + ["line-through"]
    assert set(reads.evaluate_all(SHARES)) == {""}
    expect(page.locator("g.every")).to_have_css("opacity", "0.1")
    expect(page.locator(".announcement")).to_have_text("the reads the 70 %, the 20 %, cat 9.5 %")
    page.get_by_text("clicked None").hover()
    expect(page.locator("g.lit path")).to_have_count(0)
    expect(page.locator("g.every")).to_have_css("opacity", "1")
    assert set(read.evaluate_all(SHARES)) == {""}
    assert set(read.evaluate_all(STRUCK)) == {"none"}


def test_hovering_a_key_lights_who_reads_it_and_nothing_moves(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    before = [page.locator("svg").last.bounding_box(), read.nth(2).bounding_box()]
    read.nth(2).hover()
    expect(reads.nth(2).locator(".share")).to_have_text("33 %")
    assert lit(page) == {"2-2", "3-2", "4-2"}
    assert reads.evaluate_all(SHARES) == ["", "", "33 %", "9.5 %", "20 %"]
    assert [page.locator("svg").last.bounding_box(), read.nth(2).bounding_box()] == before


def test_a_click_on_a_query_returns_its_index_and_one_on_a_key_does_not(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    read.nth(1).click()
    reads.nth(3).click()
    expect(page.get_by_text("clicked 3")).to_be_visible()
    reads.nth(0).click()
    expect(page.get_by_text("clicked 0")).to_be_visible()


def test_arrow_keys_move_in_a_column_tab_goes_to_the_other_and_escape_leaves(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    reads.first.focus()
    assert lit(page) == {"0-0"}
    page.keyboard.press("ArrowDown")
    expect(reads.nth(1)).to_be_focused()
    assert lit(page) == {"1-0", "1-1"}
    page.keyboard.press("Tab")
    expect(read.first).to_be_focused()
    assert lit(page) == {"0-0", "1-0", "2-0", "4-0"}
    page.keyboard.press("ArrowUp")
    expect(read.first).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(reads.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("clicked 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("g.lit path")).to_have_count(0)


def test_another_head_is_drawn_by_the_same_nodes_and_keeps_the_lit_token(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    reads.nth(2).click()
    expect(page.get_by_text("clicked 2")).to_be_visible()
    reads.nth(2).evaluate("node => { node.kept = true; }")
    # By script: a click of the mouse would take focus and hover away.
    page.get_by_label("other head").evaluate("node => node.click()")
    expect(page.locator("g.every path")).to_have_count(5)
    assert reads.nth(2).evaluate("node => node.kept")
    assert lit(page) == {"2-2"}
    assert read.evaluate_all(SHARES) == ["", "", "100 %", "", ""]


def test_a_shorter_text_takes_the_place_of_one_whose_last_token_is_lit(page: Page, address: str) -> None:
    reads, read = opened(page, address)
    reads.last.focus()
    reads.first.hover()
    page.get_by_label("short text").evaluate("node => node.click()")
    expect(read).to_have_count(2)
    assert lit(page) == {"0-0"}
    reads.nth(1).hover()
    assert lit(page) == {"1-0", "1-1"}
    expect(page.locator("g.every path")).to_have_count(3)


def test_a_long_text_scrolls_in_its_own_frame(page: Page, address: str) -> None:
    reads, _ = opened(page, f"{address}/?tokens=70", tokens=70)
    box = page.locator(".lines .frame").bounding_box()
    assert box is not None
    assert box["height"] <= 642  # with its border
    assert reads.first.evaluate("node => node.offsetHeight") == 18
    reads.last.focus()
    expect(reads.last).to_be_in_viewport()
    expect(page.locator(".lines .title.reads")).to_be_in_viewport()


def test_on_a_phone_nothing_is_cut(phone: Page, address: str) -> None:
    reads, read = opened(phone, address)
    reads.nth(4).hover()
    expect(read.nth(4).locator(".share")).to_have_text("20 %")
    assert phone.locator(".lines .frame").evaluate(INSIDE) == [True, True]
    for column in (reads, read):
        words = column.locator(".word").evaluate_all("all => all.map(word => word.scrollWidth <= word.clientWidth)")
        assert all(words)
    assert float(read.first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 17


def test_motion_only_for_those_who_want_it(page: Page, address: str) -> None:
    opened(page, address)
    assert page.locator("g.every").evaluate("node => getComputedStyle(node).transitionDuration") == "0.12s"
    page.emulate_media(reduced_motion="reduce")
    assert page.locator("g.every").evaluate("node => getComputedStyle(node).transitionDuration") == "0s"
