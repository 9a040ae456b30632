"""The page of all heads in a browser, opened from disk without a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from viz.base.theme import LIGHT
from viz.heads.offline.page import heads_page

L, H, T = 3, 4, 30  # so many tokens that no numbers stand in the cells
CAUSAL = np.triu(np.ones((T, T), bool), 1)
LABELS = ["the", "</script><b>", "antidisestablishment", *["␣the"] * (T - 3)]

# The colour of the device pixel in the middle of a cell of the open head.
PIXEL = """([query, key]) => {
  const canvas = document.getElementById("head"), { left, top, cell } = canvas.dataset;
  const at = (start, i) => Math.floor((Number(start) + (i + 0.5) * Number(cell)) * devicePixelRatio);
  return [...canvas.getContext("2d").getImageData(at(left, key), at(top, query), 1, 1).data].slice(0, 3);
}"""


def weights() -> np.ndarray:
    """Return random rows; in layer 2, head 1 the sixth token reads the fourth alone."""
    found = np.random.default_rng(0).random((L, H, T, T)) * ~CAUSAL
    found[2, 1, 5] = np.arange(T) == 3
    return found / found.sum(-1, keepdims=True)


def opened(page: Page, folder: Path) -> None:
    """Open the page from disk, the network off."""
    path = folder / "heads.html"
    document = heads_page(weights(), {"causal": CAUSAL}, LABELS, title="All heads", model="small", palette=LIGHT)
    path.write_text(document, encoding="utf-8")
    page.context.set_offline(True)
    page.goto(path.as_uri())


def click_head(page: Page, layer: int, head: int) -> None:
    left, top, pitch = (float(page.locator("#map").get_attribute(f"data-{name}")) for name in ("left", "top", "pitch"))
    page.locator("#map").click(position={"x": left + (head + 0.5) * pitch, "y": top + (layer + 0.5) * pitch})


def point_at(page: Page, query: int, key: int) -> None:
    left, top, cell = (float(page.locator("#head").get_attribute(f"data-{name}")) for name in ("left", "top", "cell"))
    page.locator("#head").hover(position={"x": left + (key + 0.5) * cell, "y": top + (query + 0.5) * cell})


def rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_a_click_opens_a_head_and_the_cells_have_its_weights_and_colours(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path)
    expect(page.get_by_role("heading", name="layer 0, head 0")).to_be_visible()
    click_head(page, 2, 1)
    expect(page.get_by_role("heading", name="layer 2, head 1")).to_be_visible()
    assert page.evaluate(PIXEL, [5, 3]) == rgb(LIGHT.ramp[-1])
    assert page.evaluate(PIXEL, [5, 2]) == rgb(LIGHT.ramp[0])


def test_the_page_tells_the_weights_it_was_given_and_none_where_blocked(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path)
    every = f"""Array.from({{length: {L * H * T * T}}}, (_, i) => maskscope.weight(
      Math.floor(i / {H * T * T}), Math.floor(i / {T * T}) % {H}, Math.floor(i / {T}) % {T}, i % {T}))"""
    told = np.array(page.evaluate(every), dtype=float).reshape(L, H, T, T)
    np.testing.assert_allclose(told, np.where(CAUSAL, np.nan, weights()), atol=1 / 65535)
    assert page.evaluate(f"[maskscope.weight({L}, 0, 0, 0), maskscope.weight(0, 0, {T}, 0)]") == [None, None]


def test_arrow_keys_move_and_stop_at_the_edges(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path)
    for key in ("ArrowUp", "ArrowDown", "ArrowRight", *["ArrowDown"] * 5):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name=f"layer {L - 1}, head 1")).to_be_visible()


def test_pointing_at_a_cell_says_who_reads_whom_or_why_not(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path)
    click_head(page, 2, 1)
    point_at(page, 5, 3)
    expect(page.get_by_text("“␣the” (token 5) reads “␣the” (token 3): 100% of its weight")).to_be_visible()
    point_at(page, 0, 2)
    expect(page.get_by_text("“the” may not read “antidisestablishment”: it comes later")).to_be_visible()
    point_at(page, 1, 1)
    expect(page.get_by_text("“</script><b>” reads “</script><b>”: ")).to_be_visible()
    page.mouse.move(1, 1)
    expect(page.get_by_text("Point at a cell")).to_be_visible()


@pytest.mark.parametrize("window", ["page", "phone"])
def test_the_page_is_never_wider_than_the_window(window: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    shown: Page = request.getfixturevalue(window)
    opened(shown, tmp_path)
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    map_box, head_box = (shown.locator(place).bounding_box() for place in ("#map", "#head"))
    below = head_box["y"] >= map_box["y"] + map_box["height"]
    assert below == (window == "phone")
