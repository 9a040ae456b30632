"""All heads as one picture against 144 subplots, and opening another head against the least Streamlit can do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import Browser, Page, sync_playwright
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from bench.report import Figure
from model_utils.heads.thumbnails import WEIGHT_CODE, Thumbnails, thumbnails
from model_utils.masks.mask import CAUSE_CODE, CAUSES
from model_utils.models.forward import AttentionMaps
from tests.tools.server import CHROMIUM_FLAGS, chromium_path, serving
from viz.base.theme import LIGHT, weight_scale
from viz.heads.overview import overview

LAYERS, HEADS, TOKENS = 12, 12, 64
ROUNDS = 7
OPENINGS = 30

# Draws a figure and returns when it is drawn: the milliseconds, and the nodes below its element.
DRAW = """async (spec) => {
  const place = document.getElementById('place');
  Plotly.purge(place);
  await new Promise(requestAnimationFrame);
  const start = performance.now();
  await Plotly.newPlot(place, spec.data, spec.layout);
  await new Promise(requestAnimationFrame);
  return [performance.now() - start, place.getElementsByTagName('*').length];
}"""

# Clicks and waits until what `read` gives has changed: the milliseconds.
CLICK = """async ([selector, read]) => {
  const look = new Function('return ' + read);
  const before = look();
  const start = performance.now();
  document.querySelector(selector).click();
  let now = look();
  while (now === null || now === before) {
    await new Promise(requestAnimationFrame);
    now = look();
  }
  return performance.now() - start;
}"""
OPEN_HEAD = ".st-key-head_after button"
# While a figure is redrawn it is away for a moment, or its old copy stands beside it: then this gives null.
READ_HEAD = (
    "(() => { const plots = [...document.querySelectorAll('.st-key-fig_head .js-plotly-plot')]"
    ".filter(plot => plot.data && !plot.closest('[data-retained]'));"
    " return plots.length ? String([...plots.at(-1).data.find(t => t.name === 'weight').z"
    f"[{TOKENS - 1}]]) : null }})()"
)
AGAIN = ".st-key-again button"
READ_COUNT = "document.querySelector('.count').textContent"


def random_maps() -> AttentionMaps:
    """Return seeded random attention weights `[12, 12, 64, 64]` under the causal mask; rows sum to 1."""
    scores = np.random.default_rng(0).normal(scale=2, size=(LAYERS, HEADS, TOKENS, TOKENS)).astype(np.float32)
    future = np.triu(np.ones((TOKENS, TOKENS), dtype=bool), k=1)
    weights = np.where(future, 0, np.exp(scores))
    weights /= weights.sum(-1, keepdims=True)
    causes = {name: np.zeros_like(future) for name in CAUSES} | {"causal": future}
    cause = np.where(future, CAUSE_CODE["causal"], 0).astype(np.uint8)
    return AttentionMaps(weights=weights.astype(np.float32), cause=cause, causes=causes)


def one_picture(maps: AttentionMaps) -> go.Figure:
    """Return the app's picture of all heads."""
    return picture(thumbnails(maps), [["" for _ in range(HEADS)] for _ in range(LAYERS)])


def picture(tiles: Thumbnails, facts: list[list[str]], telling: Sequence[tuple[int, int]] = ()) -> go.Figure:
    """Return the page's map of all heads from its parts."""
    return overview(
        tiles.picture,
        pitch=tiles.pitch,
        gap=tiles.gap,
        weight_code=WEIGHT_CODE,
        causes=CAUSES,
        facts=facts,
        opened=(0, 0),
        marked=telling,
        palette=LIGHT,
    )


def subplots(maps: AttentionMaps) -> go.Figure:
    """Return the same heads as plotly's subplots, one heatmap each: what one would write first."""
    figure = make_subplots(rows=LAYERS, cols=HEADS)
    for layer in range(LAYERS):
        for head in range(HEADS):
            trace = go.Heatmap(z=maps.weights[layer, head], **weight_scale(LIGHT).heatmap())
            figure.add_trace(trace, row=layer + 1, col=head + 1)
    figure.update_yaxes(autorange="reversed")
    return figure.update_layout(width=1000, height=1000)


def draw(page: Page, make: Callable[[AttentionMaps], go.Figure], maps: AttentionMaps) -> tuple[float, int, float]:
    """Return (seconds from arrays to drawn, bytes sent, DOM nodes)."""
    start = time.perf_counter()
    text = make(maps).to_json()
    built = time.perf_counter() - start
    milliseconds, nodes = page.evaluate(f"(text) => ({DRAW})(JSON.parse(text))", text)
    return built + milliseconds / 1000, len(text), nodes


def measure_picture(browser: Browser) -> Iterator[Figure]:
    """Yield time, bytes and nodes of 144 subplots over those of the one picture."""
    page = browser.new_page(viewport={"width": 1400, "height": 1100})
    page.set_content("<div id='place'></div>")
    page.add_script_tag(content=get_plotlyjs())
    maps = random_maps()
    runs = [(draw(page, one_picture, maps), draw(page, subplots, maps)) for _ in range(ROUNDS + 1)][1:]
    ours, theirs = ([statistics.median(run[side][i] for run in runs) for i in range(3)] for side in range(2))
    page.close()
    for i, (what, unit, least) in enumerate(
        (("time", "s", 5.0), ("bytes", "bytes", 4.0), ("DOM nodes", "nodes", 10.0))
    ):
        yield Figure(
            name=f"{what} of 144 subplots : one picture, {TOKENS} tokens",
            value=theirs[i] / ours[i],
            at_least=least,
            detail={f"subplots_{unit}": theirs[i], f"picture_{unit}": ours[i]},
        )


def measure_opening(browser: Browser) -> Iterator[Figure]:
    """Yield the time to open another head at 64 tokens over that of the least fragment, from click to changed page."""
    with serving() as app, serving(Path(__file__).with_name("empty_fragment.py")) as least:
        heads, empty = browser.new_page(viewport={"width": 1400, "height": 900}), browser.new_page()
        heads.goto(f"{app}/Heads?text={quote('the ' * (TOKENS - 1) + 'the')}")
        heads.wait_for_selector(".st-key-fig_head .js-plotly-plot", timeout=90_000)
        empty.goto(least)
        empty.wait_for_selector(AGAIN, timeout=60_000)
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(OPENINGS + 2):
            for taken, (page, click, read) in zip(
                times, ((heads, OPEN_HEAD, READ_HEAD), (empty, AGAIN, READ_COUNT)), strict=True
            ):
                page.bring_to_front()
                page.wait_for_timeout(400)
                taken.append(page.evaluate(CLICK, [click, read]))
        opening, yardstick = (statistics.median(taken[2:]) / 1000 for taken in times)
    yield Figure(
        name=f"opening another head : an empty fragment, {TOKENS} tokens",
        value=opening / yardstick,
        at_most=2.0,
        detail={"head_s": opening, "fragment_s": yardstick},
    )


def measure() -> Iterator[Figure]:
    """Yield every ratio of the Heads page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield from measure_picture(browser)
        yield from measure_opening(browser)
        browser.close()
