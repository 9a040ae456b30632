"""The Compare page in a real browser: the table edits the link, a click opens a step, a second model stands beside.

While Streamlit moves what stands on a page, an element may be there twice for a moment: `first` takes the one that stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pages.compare.views import VIEWS
from tests.tools.models import save_random
from tests.tools.server import serving
from tests.tools.visitors import Visitor


def opened(page: Page, app: str, parameters: str, figure: str = "choice") -> None:
    """Open the page and wait for its texts to end."""
    page.goto(f"{app}/Compare?{parameters}")
    expect(page.locator(f".st-key-fig_{figure} .js-plotly-plot")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-stop button")).to_be_disabled(timeout=60_000)
    expect(page.locator(".st-key-compared_0_0_0 .blank")).to_have_count(0)


def setting_of(page: Page) -> str:
    """Return the settings that the address carries."""
    found = re.search(r"[?&]settings=([^&]*)", page.url)
    return unquote(found[1]) if found else ""


def expect_settings(page: Page, text: str) -> None:
    """Wait until the address carries these settings."""
    page.wait_for_function("text => new URLSearchParams(location.search).get('settings') === text", arg=text)


def edit(page: Page, grid: Locator, y: int, value: str, x: int = 380) -> None:
    """Type into the cell of the table at `y` and `x` px, a top-k where no `x` is given."""
    expect(grid).to_have_count(1)  # while a run draws another table, the one before stands below it
    expect(grid.locator("canvas").first).to_be_visible()
    page.wait_for_function(
        "!document.getAnimations().some((one) => one.playState === 'running')"
    )  # the box has unfolded
    grid.hover(position={"x": x, "y": y})  # as a hand moves the mouse: the table gets its tool bar first
    grid.dblclick(position={"x": x, "y": y})
    editor = page.locator("#portal textarea")
    editor.fill(value)
    editor.press("Enter")


def test_the_table_edits_the_settings_a_preset_adds_a_row_and_what_cannot_be_read_is_named(
    page: Page, app: str
) -> None:
    opened(page, app, "max_new_tokens=2")
    page.locator(".st-key-settings_shown summary").click()
    grid = page.locator('.st-key-settings_shown [data-testid="stDataFrame"]')
    edit(page, grid, 55, "7")  # top-k of row 0
    expect_settings(page, "k7;k50;p0.9;t0")
    page.get_by_role("button", name="Add a row").click()
    page.get_by_role("button", name="+ min-p 0.1").click()
    expect_settings(page, "k7;k50;p0.9;t0;m0.1")
    expect(page.locator(".st-key-notes").get_by_text("top-k 50; top-p 0.9; greedy")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".st-key-compare button").click()
    expect(page.locator(".st-key-row_4_0").first).to_contain_text("min-p 0.1")
    expect(page.locator(".st-key-row_0_0").first).to_contain_text("top-k 7")

    edit(page, grid, 55 + 37, "9")  # row 1: the table goes on from what was edited before
    expect_settings(page, "k7;k9;p0.9;t0;m0.1")
    page.get_by_role("button", name="As text").click()
    text = page.locator(".st-key-settings input")
    expect(text).to_have_value("k7;k9;p0.9;t0;m0.1")

    expect(page.locator(".st-key-stop button")).to_be_disabled()
    expect(page.locator(".st-key-compared_0_0_0 .blank")).to_have_count(0)
    made = page.locator(".st-key-compared_0_0_0 .strip").first.inner_text()  # settings that cannot be read leave it
    text.fill("k50;<b>x</b>")
    text.press("Enter")
    expect(page.get_by_text("Row 1: '<b>x</b>' is not a setting").first).to_be_visible()
    expect(page.locator(".st-key-compared_0_0_0 .strip").first).to_have_text(made, use_inner_text=True)


def test_the_texts_stay_in_view_below_open_settings_and_an_edit_that_does_not_fit_is_refused_in_the_box(
    page: Page, app: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, app, "max_new_tokens=2")
    page.locator(".st-key-settings_shown summary").click()
    box = page.locator(".st-key-settings_shown")
    grid = box.locator('[data-testid="stDataFrame"]')
    expect(grid).to_be_visible()
    expect(page.locator(".st-key-compared_0_0_0 .strip").first).to_be_in_viewport(ratio=1)
    edit(page, grid, 55 + 37, "4", x=720)  # beams of a row that has a top-k
    expect(box.locator('[data-testid="stAlert"]')).to_contain_text("Row 1")
    edit(page, grid, 55, "abc")
    expect(box.locator('[data-testid="stAlert"]')).to_contain_text("'abc'")
    edit(page, grid, 55 + 2 * 37, "2", x=540)  # the top-p of row 2
    expect(box.locator('[data-testid="stAlert"]')).to_contain_text("Row 2")
    assert setting_of(page) == ""
    edit(page, grid, 55, "7")  # one that fits
    expect_settings(page, "k7;k50;p0.9;t0")
    expect(box.locator('[data-testid="stAlert"]')).to_have_count(0)


def test_a_click_on_a_word_opens_its_step_and_the_values_outlive_a_page_switch(page: Page, app: str) -> None:
    opened(page, app, "max_new_tokens=6&settings=t1;k3&surface=drawn")
    page.locator(".st-key-compared_1_0_0 .token[role=button]").nth(3).click()
    expect(page.locator(".st-key-compared_1_0_0 .selected")).to_have_count(1)
    expect(page.get_by_text("Row 1, step 4:").first).to_be_visible()
    expect(page.locator(".st-key-fig_choice .js-plotly-plot")).to_be_visible()  # in the place of the map
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.locator(".st-key-fig_batch .js-plotly-plot")).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_text("Row 1, step 4:").first).to_be_visible()
    assert setting_of(page) == "t1;k3"
    page.get_by_role("link", name="Open row 1 in Generate").click()
    expect(page.get_by_role("heading", name="Generate", exact=True)).to_be_visible()
    expect(page.locator(".st-key-top_k input")).to_have_value("3")


def test_a_ladder_answers_what_grows_and_everything_goes_home(page: Page, app: str) -> None:
    opened(page, app, "max_new_tokens=3&plot=metrics", "measures")
    page.locator(".st-key-plot").get_by_role("radio", name=VIEWS["sweep"].label).click()
    page.get_by_role("button", name="p from low to high", exact=True).click()
    expect(page.locator(".st-key-fig_ladder .js-plotly-plot")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Over whole texts, as p grows").first).to_be_visible()
    expect(page.locator(".st-key-samples input")).to_have_value("8")
    with page.expect_download() as waiting:
        page.locator(".st-key-json_compare button").click()
    runs = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert len(runs["texts"]) == 7 * 8
    assert all(1 <= len(text["tokens"]) <= 3 for text in runs["texts"])


def test_a_pinned_run_is_restored_from_its_file(page: Page, app: str, tmp_path: Path) -> None:
    parameters = "max_new_tokens=3&settings=t1;b2&plot=pinned"
    page.goto(f"{app}/Compare?{parameters}")
    expect(page.locator(".st-key-pin button").first).to_be_enabled(timeout=60_000)
    page.get_by_label("Name of this run").first.fill("<b>mine</b>")
    page.get_by_label("Name of this run").first.press("Enter")
    page.locator(".st-key-pin button").first.click()
    kept = page.locator(".st-key-pinned_1_0 .strip").first
    expect(kept).to_be_visible()
    text = kept.inner_text()
    with page.expect_download() as waiting:
        page.locator(".st-key-save_pinned button").click()
    waiting.value.save_as(tmp_path / "run.json")

    page.goto(f"{app}/Compare?{parameters}&seed=5")
    expect(page.locator(".st-key-pin button").first).to_be_enabled(timeout=60_000)
    expect(page.locator(".st-key-pinned_1_0")).to_have_count(0)
    page.locator(".st-key-open_pinned button").first.click()
    page.locator("[data-testid=stPopoverBody] input[type=file]").set_input_files(tmp_path / "run.json")
    expect(kept).to_have_text(text, use_inner_text=True)
    expect(page.locator(".st-key-pinned_run input").first).to_have_value("<b>mine</b>")
    # The same at left, where a beam search does not hear of the seed; what is drawn has changed.
    expect(page.locator(".st-key-pinned_1_0 .difference")).to_have_count(0)
    expect(page.locator(".st-key-pinned_0_0 .difference")).to_have_count(1)


@pytest.fixture(scope="module")
def two_models(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an app that has a second model, small and random, and has loaded both."""
    folder = save_random(tmp_path_factory.mktemp("models") / "other")
    with serving(environment={"MASKSCOPE_FOLDERS": f"other={folder}"}) as address:
        with Visitor(address) as first:
            first.open("Compare", "max_new_tokens=1&against=other", patience=120)
        yield address


def test_two_models_stand_side_by_side_under_the_same_settings(two_models: str, page: Page) -> None:
    opened(page, two_models, "max_new_tokens=3&against=other&settings=t1;k5")
    expect(page.locator(".st-key-row_1_1").first).to_contain_text("other")
    expect(page.locator(".st-key-row_1_1").first).to_contain_text("the other model")
    expect(page.locator(".st-key-compared_1_1_0 .token[role=button]")).to_have_count(3)
    page.locator(".st-key-compared_1_1_0 .token[role=button]").nth(0).click()
    expect(page.locator(".st-key-compared_1_1_0 .selected")).to_have_count(1)


BROKEN = """strips => strips.flatMap((strip) => {
  const tokens = [...strip.querySelectorAll(".token")];
  const alone = (i) => tokens[i].classList.contains("line-break");
  const goesOn = (i) => i > 0 && !alone(i) && !alone(i - 1)
    && !/^\\s/.test(tokens[i].textContent) && !/\\s$/.test(tokens[i - 1].textContent);
  const top = (i) => tokens[i].getBoundingClientRect().top;
  return tokens.map((_, i) => i).filter((i) => goesOn(i) && top(i) - top(i - 1) > 10).map((i) => tokens[i].textContent);
})"""


# How far from the edge the first letter of each line but the first stands, where it is more than a pixel's part.
INDENTED = """strips => strips.flatMap((strip) => {
  const boxes = [...strip.querySelectorAll(".word")].map(({ firstChild: text }) => {
    const letters = document.createRange();
    letters.setStart(text, Math.max(text.data.search(/\\S/), 0));
    letters.setEnd(text, text.data.length);
    return letters.getBoundingClientRect();
  });
  const edge = strip.getBoundingClientRect().left;
  const first = boxes.filter((box, i) => i > 0 && box.top - boxes[i - 1].top > 10);
  return first.map((box) => box.left - edge).filter((away) => away > 0.5);
})"""


def test_lines_break_between_words_and_begin_at_the_edge(page: Page, app: str) -> None:
    page.set_viewport_size({"width": 700, "height": 900})
    opened(page, app, "settings=t1;t0.9;t0.8;t0.7&max_new_tokens=60")
    expect(page.locator(".st-key-stop button")).to_be_disabled(timeout=60_000)
    strips = page.locator("[class*=st-key-compared_] .strip")
    assert strips.count() == 4
    for width in range(360, 700, 20):
        page.set_viewport_size({"width": width, "height": 900})
        assert strips.evaluate_all(BROKEN) == []
        assert strips.evaluate_all(INDENTED) == []
