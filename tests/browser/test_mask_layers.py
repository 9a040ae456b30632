"""The matrices of the Masks page in a browser: the brush for single cells, patterns chosen by their picture."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

TELLS = "(el, [q, k]) => el.querySelector('.js-plotly-plot').data[0].hovertext[q][k]"


def drawn(page: Page, name: str) -> Locator:
    figure = page.locator(f".st-key-{name}[data-stale=false]")
    # The first page of a server waits for torch, too.
    expect(figure.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=90_000)
    figure.scroll_into_view_if_needed()
    return figure


def click(page: Page, name: str, x: float, y: float) -> None:
    """Click a figure at a place of its axes."""
    at = drawn(page, name).evaluate(
        """(el, [x, y]) => {
          const g = el.querySelector('.js-plotly-plot'), s = g._fullLayout, r = g.getBoundingClientRect();
          return [r.left + s.xaxis._offset + s.xaxis.d2p(x), r.top + s.yaxis._offset + s.yaxis.d2p(y)];
        }""",
        [x, y],
    )
    page.mouse.move(*at)
    page.mouse.click(*at)


def test_a_cell_is_blocked_by_click_and_by_keyboard_and_undone(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks")
    click(page, "fig_combined", 4, 6)  # row “␣in” reads “␣will”, after three pads
    page.wait_for_url("**cells=3-1**")
    expect(page.get_by_text("“␣in” may not read “␣will”: it is hidden by hand.")).to_be_visible()
    expect(page.get_by_text("2 of 5 rows changed")).to_be_visible()
    assert "hidden by hand" in drawn(page, "fig_combined").evaluate(TELLS, [6, 4])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“␣in” may read “␣will”.")).to_be_visible()
    query = page.locator(".st-key-query").get_by_role("combobox")
    query.scroll_into_view_if_needed()
    # A list closes when the page scrolls, as it should: what is scrolled is told of in the next frame.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    query.click()
    page.get_by_role("option", name="␣the").click()
    expect(page.get_by_text("“␣the” may read “␣will”.")).to_be_visible()
    page.get_by_role("button", name="Block this cell").press("Enter")
    page.wait_for_url("**cells=4-1**")
    expect(page.get_by_text("1 of 5 rows changed")).to_be_visible()


def test_a_pattern_is_chosen_by_its_picture_and_a_word_asked_by_keyboard(page: Page, app: str) -> None:
    page.goto(f"{app}/Masks?look=patterns&width=2&sentence=1")
    click(page, "fig_pattern_window", 4, 3)
    page.wait_for_url("**pattern=window**")
    expect(page.get_by_text("“␣of” reads 1 word")).to_be_visible()
    expect(page.get_by_text("6 words more")).to_be_visible()
    word = page.get_by_role("button", name="want: reached")
    word.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“␣want” reads 1 word")).to_be_visible()
    expect(page.get_by_text("6 words can never")).to_be_visible()
    expect(page.get_by_text("words more")).to_have_count(0)
    click(page, "fig_pattern_bidirectional", 4, 3)
    expect(page.get_by_text("but it is not BERT")).to_be_visible()
