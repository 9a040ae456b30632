"""The component that draws figures, in a script of its own."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from model_utils.models.registry import BUNDLED_ID
from tests.tools.server import ROOT

SIDE = 6
SCRIPT = f"""
import sys
import time

sys.path.insert(0, {str(ROOT)!r})

import streamlit as st

if __name__ != "__main__":
    from pages.common.assets import ROUTES

    app = st.App(__file__, routes=ROUTES)
else:
    from pages.common.components.plot import plot
    from viz.base.figure import Figure
    from viz.base.theme import FONT

    wide = "wide" in st.query_params

    def clicked(row, column):
        st.session_state.at = f"{{row}} {{column}}"

    def figure(scale):
        axis = {{"range": [-0.5, {SIDE} - 0.5]}}
        z = [[scale * (row + column) for column in range({SIDE})] for row in range({SIDE})]
        return Figure(
            {{"type": "heatmap", "z": z, "showscale": False, "name": "blocked", "showlegend": "legend" in st.query_params}},
            layout={{
                "xaxis": axis,
                "yaxis": {{"range": axis["range"][::-1], "visible": "bare" not in st.query_params}},
                "width": 900 if wide else 360,
                "height": 320,
                "font": {{"family": FONT}},
                "margin": {{"t": 40, "b": 20, "l": 20, "r": 20}},
                "legend": {{"orientation": "h"}},
                "annotations": [{{"name": "legend", "text": "key", "xref": "paper", "x": 0, "yref": "paper", "y": 1}}]
                if "note" in st.query_params
                else [],
            }},
        )

    scale = int(st.number_input("scale", 1, 9, key="scale"))
    opens = st.query_params.get("opens", "start")
    plot(figure(scale), "one_matrix", alt=f"times {{scale}}", on_click=clicked, opens=opens)
    plot(figure(1), "other", alt="another")
    st.text(f"clicked {{st.session_state.get('at')}}")
"""
AT = """(el, [row, column]) => {
  const plot = el.querySelector('.js-plotly-plot'), { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.d2p(column), box.top + yaxis._offset + yaxis.d2p(row)];
}"""
RANGE = "el => el.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"


def opened(page: Page, address: str) -> Locator:
    """Return the first figure, once both are drawn."""
    page.goto(address)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=60_000)
    expect(page.locator(".st-key-fig_other [aria-label=another]")).to_be_attached()
    return page.locator(".st-key-fig_one_matrix")


def another(page: Page) -> None:
    """Have the server send another figure, by script: a click of the mouse would be one more press."""
    page.locator(".st-key-scale button").last.evaluate("button => button.click()")


def shows(page: Page, scale: int) -> None:
    expect(page.get_by_role("figure", name=f"times {scale}", exact=True)).to_be_visible()


def test_a_click_arrives_as_row_and_column_and_a_drag_is_none(page: Page, address: str) -> None:
    figure = opened(page, address)
    page.mouse.click(*figure.evaluate(AT, [4, 1]))
    expect(page.get_by_text("clicked 4 1")).to_be_visible()
    page.mouse.move(*figure.evaluate(AT, [2, 2]))
    page.mouse.down()
    page.mouse.move(*figure.evaluate(AT, [2, 4]), steps=3)
    page.mouse.up()
    another(page)
    shows(page, 2)
    expect(page.get_by_text("clicked 4 1")).to_be_visible()


def test_a_press_during_which_another_figure_comes_is_not_lost(page: Page, address: str) -> None:
    figure = opened(page, address)
    figure.evaluate("el => { el.querySelector('.nsewdrag').marked = true }")
    page.mouse.move(*figure.evaluate(AT, [3, 5]))
    page.mouse.down()
    another(page)
    expect(page.locator(".st-key-scale input")).to_have_value("2")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    assert figure.evaluate("el => el.querySelector('.nsewdrag').marked")
    shows(page, 1)  # what is pressed stays
    page.mouse.up()
    expect(page.get_by_text("clicked 3 5")).to_be_visible()
    shows(page, 2)


def test_the_browser_shows_a_figure_before_the_next_is_drawn(page: Page, address: str) -> None:
    opened(page, address)
    page.evaluate(
        """() => {
            const { react } = Plotly, seen = (globalThis.seen = []);
            const frame = () => seen.push("frame") && requestAnimationFrame(frame);
            Plotly.react = (...given) => seen.push("drawn") && react(...given);
            requestAnimationFrame(frame);
        }"""
    )
    page.set_viewport_size({"width": 600, "height": 800})  # both are drawn anew
    page.wait_for_function("seen.filter(one => one === 'drawn').length === 2")
    first, second = page.evaluate("[seen.indexOf('drawn'), seen.lastIndexOf('drawn')]")
    assert "frame" in page.evaluate(f"seen.slice({first}, {second})")


def test_zoom_and_the_node_stay_while_another_figure_of_its_kind_comes(page: Page, address: str) -> None:
    figure = opened(page, address)
    figure.evaluate("el => { el.querySelector('.js-plotly-plot').marked = true }")
    before = figure.evaluate(RANGE)
    page.mouse.move(*figure.evaluate(AT, [1, 1]))
    page.mouse.down()
    page.mouse.move(*figure.evaluate(AT, [4, 4]), steps=4)
    page.mouse.up()
    page.wait_for_function(
        f"before => ({RANGE})(document.querySelector('.st-key-fig_one_matrix'))[0] > before", arg=before[0]
    )
    zoomed = figure.evaluate(RANGE)
    page.evaluate("""() => {
        const { react } = Plotly;
        globalThis.drawn = 0;
        Plotly.react = (...given) => react(...given).then(() => (globalThis.drawn += 1));
    }""")
    page.set_viewport_size({"width": 600, "height": 800})  # the same figures drawn once more
    page.wait_for_function("drawn === 2")
    another(page)
    shows(page, 2)
    assert figure.evaluate(RANGE) == zoomed
    assert figure.evaluate("el => el.querySelector('.js-plotly-plot').marked")
    assert figure.evaluate("el => el.querySelector('.js-plotly-plot').data[0].z[1][1]") == 4


def saved(page: Page, figure: Locator, form: str, width: str = "") -> bytes:
    """Return the file that a button of the figure's tool bar saves, `width` as the dialog names it."""
    figure.hover()
    with page.expect_download() as download:
        figure.locator(f"[data-title^='Save as {form}']").click()
        if width:
            page.get_by_role("button", name=width).click()
    assert download.value.suggested_filename == f"maskscope-one-matrix.{form.lower()}"
    return Path(download.value.path()).read_bytes()


def test_a_saved_picture_has_its_caption_and_the_fonts_of_the_page(page: Page, address: str) -> None:
    figure = opened(page, address)
    shown = figure.evaluate(
        "el => { const l = el.querySelector('.js-plotly-plot')._fullLayout; return [l.width, l.height] }"
    )
    png = saved(page, figure, "PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert width == 2 * shown[0]
    assert height > 2 * shown[1]  # the caption stands below
    drawing = ElementTree.fromstring(saved(page, figure, "SVG", "As on the screen"))
    assert (float(drawing.get("width")), float(drawing.get("height"))) == (width / 2, height / 2)
    lines = [text for element in drawing.iter() if (text := element.text)]
    assert any(line.startswith("times 1.") for line in lines)
    assert any(f"model {BUNDLED_ID}." in line for line in lines)
    assert any('font-family:"Source Sans"' in line and "url(data:" in line for line in lines)


def test_a_drawing_is_as_wide_as_a_column_of_a_paper(page: Page, address: str) -> None:
    figure = opened(page, address)
    drawing = ElementTree.fromstring(saved(page, figure, "SVG", "8.5 cm"))
    _, _, width, height = map(float, drawing.get("viewBox").split())
    assert drawing.get("width") == "8.5cm"
    assert float(drawing.get("height").removesuffix("cm")) == pytest.approx(8.5 * height / width)


def test_who_closes_the_choice_of_a_width_saves_nothing(page: Page, address: str) -> None:
    figure = opened(page, address)
    downloads: list[object] = []
    page.on("download", lambda one: downloads.append(one))  # noqa: PLW0108 (Playwright marks what it calls)
    figure.hover()
    figure.locator("[data-title^='Save as SVG']").click()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.plot-width")).to_have_count(0)
    saved(page, figure, "PNG")
    assert len(downloads) == 1


def test_a_figure_fills_the_screen_and_comes_back(page: Page, address: str) -> None:
    figure = opened(page, address)
    width = "el => el.querySelector('.js-plotly-plot')._fullLayout.width"
    figure.hover()
    figure.locator("[data-title='Full screen']").click()
    page.wait_for_function(f"({width})(document.querySelector('.st-key-fig_one_matrix')) > 1000")
    page.evaluate("document.exitFullscreen()")
    page.wait_for_function(f"({width})(document.querySelector('.st-key-fig_one_matrix')) === 360")


def test_a_wide_figure_scrolls_in_its_frame_on_a_phone_and_fades_where_there_is_more(phone: Page, address: str) -> None:
    figure = opened(phone, f"{address}/?wide=1&bare=1")
    frame = figure.locator(".plot-frame")
    expect(frame).to_have_class("plot-frame clickable more-right")
    assert "gradient" in frame.evaluate("el => getComputedStyle(el).maskImage")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    frame.evaluate("el => { el.scrollLeft = 100 }")
    expect(frame).to_have_class("plot-frame clickable more-right more-left")
    frame.evaluate("el => { el.scrollLeft = el.scrollWidth }")
    expect(frame).to_have_class("plot-frame clickable more-left")


def test_a_figure_that_opens_on_columns_cuts_neither_the_first_nor_the_last_of_them(page: Page, address: str) -> None:
    opened(page, f"{address}/?wide=1&bare=1&opens=columns")
    for width in (390, 500):  # the window may become narrow, or turn, while the page is open
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(
            """side => {
                const frame = document.querySelector(".st-key-fig_one_matrix .plot-frame");
                const { _offset, _length } = frame.querySelector(".js-plotly-plot")._fullLayout.xaxis;
                const columns = frame.scrollLeft / (_length / side);
                const whole = columns > 0.5 && Math.abs(columns - Math.round(columns)) < 0.02;
                const faded = frame.classList.contains("more-right");
                return whole && !faded && frame.scrollLeft + frame.clientWidth >= _offset + _length - 1;
            }""",
            arg=SIDE,
            timeout=10_000,
        )


def test_the_names_of_rows_stay_in_view_while_a_wide_figure_scrolls(phone: Page, address: str) -> None:
    figure = opened(phone, f"{address}/?wide=1")
    frame, name = figure.locator(".plot-frame"), figure.locator(".yaxislayer-above .ytick").first
    before = name.bounding_box()
    frame.evaluate("el => { el.scrollLeft = 100 }")
    expect(figure.locator(".ground")).to_have_attribute("x", "100")
    assert name.bounding_box() == before
    frame.evaluate("el => { el.scrollLeft = 0 }")
    expect(figure.locator(".ground")).to_have_count(0)
    assert name.bounding_box() == before


@pytest.mark.parametrize("kind", ["legend", "note"])
def test_the_legend_goes_along_while_a_wide_figure_scrolls(phone: Page, address: str, kind: str) -> None:
    figure = opened(phone, f"{address}/?wide=1&{kind}=1")
    frame, legend = figure.locator(".plot-frame"), figure.locator({"legend": ".legend", "note": ".annotation"}[kind])
    edge = frame.bounding_box()
    assert edge is not None
    left = "el => el.getBoundingClientRect().left"
    before = legend.evaluate(left)
    frame.evaluate("el => { el.scrollLeft = el.scrollWidth }")
    expect(frame).to_have_class("plot-frame clickable")
    assert legend.evaluate(left) == pytest.approx(edge["x"], abs=1)
    frame.evaluate("el => { el.scrollLeft = 0 }")
    expect(frame).to_have_class("plot-frame clickable more-right")
    assert legend.evaluate(left) == pytest.approx(before, abs=1)


def test_the_tool_bar_is_whole_in_view_wherever_a_wide_figure_is_scrolled(phone: Page, address: str) -> None:
    figure = opened(phone, f"{address}/?wide=1")
    frame, right = figure.locator(".plot-frame"), "el => el.getBoundingClientRect().right"
    for place in ("100", "el.scrollWidth", "0"):
        frame.evaluate(f"async el => {{ el.scrollLeft = {place}; await new Promise(requestAnimationFrame) }}")
        assert figure.locator(".modebar").evaluate(right) <= frame.evaluate(right) + 1


def test_the_library_is_asked_for_once_a_visit_and_kept_for_a_year(page: Page, address: str) -> None:
    answers = []
    page.on("response", lambda response: answers.append(response) if "plotly" in response.url else None)
    opened(page, address)
    another(page)
    shows(page, 2)
    assert [answer.status for answer in answers] == [200]
    assert page.locator("script[src*=plotly]").count() == 1
    assert answers[0].headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_stands_below_a_figure_does_not_move_when_it_comes(page: Page, address: str) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route("**/assets/plotly*", hold)
    with page.expect_request("**/assets/plotly*"):
        page.goto(address)
    below = page.get_by_text("clicked None")
    expect(below).to_be_visible()
    expect(page.locator(".st-key-fig_other .plot")).to_have_text("")
    waiting = below.bounding_box()
    assert page.locator(".js-plotly-plot").count() == 0
    asked[0].continue_()
    expect(page.locator(".st-key-fig_other [aria-label=another]")).to_be_attached()
    assert below.bounding_box() == waiting


def test_where_the_library_cannot_be_had_the_figures_place_says_so(chromium: BrowserContext, address: str) -> None:
    page = chromium.new_page()  # not `page`: that the library is missing is an error in the console
    page.route("**/assets/plotly*", lambda route: route.abort())
    page.goto(address)
    expect(page.locator(".st-key-fig_one_matrix .plot")).to_have_text(
        "This figure could not be loaded. Reload the page."
    )
    expect(page.locator(".st-key-fig_other .plot")).to_have_text("This figure could not be loaded. Reload the page.")
    page.close()
