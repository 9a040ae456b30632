"""From the click on Generate to the first word on the screen, GPT-2 124M in shape with random weights."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from playwright.sync_api import Browser, sync_playwright

from bench.heads import AGAIN, CLICK, READ_COUNT
from bench.report import Figure, alternate
from model_utils.generation import Lane, decode
from model_utils.loading import load_model
from model_utils.sampling import SamplingSettings
from tests.tools.models import entry_of, save_random
from tests.tools.server import CHROMIUM_FLAGS, chromium_path, free_port, start_app

ROUNDS = 7


def measure() -> Iterator[Figure]:
    """Yield the time to the first word over that of two decoding steps and a rerun of the least fragment."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        model = save_random(Path(folder) / "full", layers=12, heads=12, width=768, context=1024)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield _first(browser, model)
        browser.close()


def _step(model: Path) -> float:
    """Return the seconds of one decoding step of one lane, its prompt read before."""
    loaded = load_model(entry_of(model), model)
    lane = Lane(prompt=tuple(loaded.tokenizer("My dog is")["input_ids"]), settings=SamplingSettings())

    def steps(new: int) -> None:
        for _ in decode(loaded, [lane], new):
            pass

    short, long = alternate(lambda: steps(1), lambda: steps(11), rounds=5)
    return (long - short) / 10


def _first(browser: Browser, model: Path) -> Figure:
    step = _step(model)
    port, least_port = free_port(), free_port()
    least = Path(__file__).with_name("empty_fragment.py")
    servers = [start_app(port, {"MASKSCOPE_FOLDERS": f"full={model}"}), start_app(least_port, script=least)]
    try:
        page, empty = browser.new_page(viewport={"width": 1400, "height": 900}), browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/Generate?model=full&text=My+dog+is&max_new_tokens=200")
        page.wait_for_selector(".st-key-generate button", timeout=120_000)
        page.wait_for_selector(".st-key-heading:has-text('full: a folder')", timeout=120_000)
        empty.goto(f"http://127.0.0.1:{least_port}")
        empty.wait_for_selector(AGAIN, timeout=60_000)
        first, rerun = [], []
        for number in range(ROUNDS + 1):
            page.bring_to_front()
            seed = page.locator(".st-key-seed input")
            seed.fill(str(number))
            seed.press("Enter")
            page.wait_for_timeout(1_500)
            first.append(page.evaluate(_CLICKED, ".st-key-generate button"))
            page.locator(".st-key-stop button").click()
            page.wait_for_timeout(1_500)
            empty.bring_to_front()
            empty.wait_for_timeout(400)
            rerun.append(empty.evaluate(CLICK, [AGAIN, READ_COUNT]))
    finally:
        for server in servers:
            server.terminate()
            server.wait(timeout=20)
    shown, least_s = statistics.median(first[1:]) / 1000, statistics.median(rerun[1:]) / 1000
    return Figure(
        name="first word on the screen after the click : two decoding steps and a rerun, 124M",
        value=shown / (2 * step + least_s),
        at_most=1.0,
        detail={"first_s": shown, "step_s": step, "rerun_s": least_s, "threads": float(torch.get_num_threads())},
    )


# Clicks and waits until the text begins anew: one new word, and the place of the next.
_CLICKED = """async (selector) => {
  const words = () => document.querySelectorAll('.st-key-text_0 button.token').length;
  const before = words();
  const start = performance.now();
  document.querySelector(selector).click();
  while (words() === before || words() === 0) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
