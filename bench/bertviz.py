"""A sentence's heads on the Heads page against BertViz's model view of the same attentions, in one Chromium."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote_plus

from google.protobuf.message import DecodeError
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.peer import Theirs, their_page
from bench.report import Figure
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.loading import load_model
from model_utils.tokens.batch import encode
from tests.tools.models import entry_of, save_random
from tests.tools.server import CHROMIUM_FLAGS, chromium_path, serving

ROUNDS = 5
TOKENS, LONG = 64, 128
# Each is one token, with a space before it and without.
WORDS = ("the", "of", "and", "to", "in", "is", "on", "it", "that", "for", "was", "with", "as", "his", "he", "be", "not")

# Which sentence the map of all heads shows; null while it is not drawn, or its old copy stands beside it.
READ = """() => {
  const plots = [...document.querySelectorAll('.st-key-fig_overview .js-plotly-plot')]
    .filter((plot) => plot.data && plot.querySelector('.heatmaplayer image') && !plot.closest('[data-retained]'));
  const [full, given] = plots.length ? [plots.at(-1)._fullLayout, plots.at(-1).layout] : [];
  return full && full.meta && full.meta.base === given.meta.base ? given.meta.base : null;
}"""

# From the reader's Enter to the frame after the one that shows another sentence: the milliseconds.
CHANGED = f"""(before) => new Promise((resolve, reject) => {{
  const read = {READ};
  addEventListener('keydown', (event) => {{
    if (event.key !== 'Enter') return;
    const start = performance.now();
    const look = () => {{
      const now = read();
      if (now !== null && now !== before) requestAnimationFrame(() => resolve(performance.now() - start));
      else if (performance.now() - start > 30000) reject(new Error('no other sentence after 30 s'));
      else requestAnimationFrame(look);
    }};
    look();
  }}, {{ capture: true, once: true }});
  setTimeout(() => reject(new Error('nobody pressed Enter')), 60000);
}})"""


@dataclass
class Heard:
    """The figures that the app sent to a page, by the sentence that they show, and the bytes of all its messages."""

    figures: dict[str, dict[str, int]] = field(default_factory=dict)
    messages: int = 0

    def listen(self, socket: WebSocket) -> None:
        """Take in everything that arrives on `socket`."""
        socket.on("framereceived", self._take)

    def _take(self, payload: str | bytes) -> None:
        if isinstance(payload, str):
            return
        self.messages += len(payload)
        try:
            spec = ForwardMsg.FromString(payload).delta.new_element.plotly_chart.spec
        except DecodeError:
            return
        figure = json.loads(spec) if spec else {}
        if base := (figure.get("layout", {}).get("meta") or {}).get("base"):
            names = {trace.get("name") for trace in figure["data"]}
            self.figures.setdefault(base, {})["overview" if "heads" in names else "head"] = len(spec)


def sentences(tokens: int) -> list[str]:
    """Return as many sentences of `tokens` tokens as are opened, and the first, which the page opens with."""
    return [" ".join(WORDS[(i * i + 3 * i * n + n) % len(WORDS)] for i in range(tokens)) for n in range(ROUNDS + 2)]


class Ours:
    """The Heads page of a running app, open at the first of `texts`; all of them are read in one pass when it opens."""

    def __init__(self, page: Page, address: str, texts: list[str]) -> None:
        self.heard, self._page = Heard(), page
        page.on("websocket", self.heard.listen)
        page.goto(f"{address}/Heads?model=full&text={quote_plus(chr(10).join(texts))}", timeout=60_000)
        page.wait_for_selector(".st-key-heading:has-text('full: a folder')", timeout=120_000)
        page.wait_for_function(f"() => ({READ})() !== null", timeout=60_000)
        self._settle()

    def show(self, number: int) -> float:
        """Return the seconds from the choice of sentence `number` to its heads drawn."""
        page = self._page
        page.bring_to_front()
        page.wait_for_timeout(1_000)  # what was drawn beside it is cleared away meanwhile
        before = page.evaluate(READ)
        page.locator(".st-key-sentence input").fill(str(number), timeout=20_000)
        page.evaluate(f"(before) => {{ window.changed = ({CHANGED})(before) }}", before)
        page.locator(".st-key-sentence input").press("Enter", timeout=20_000)
        milliseconds: float = page.evaluate("() => window.changed")
        self._settle()
        return milliseconds / 1000

    def sent(self) -> dict[str, int]:
        """Return the bytes of the figures of the sentence that is shown, as they were sent."""
        return self.heard.figures[self._page.evaluate(READ)]

    def _settle(self) -> None:
        self._page.wait_for_timeout(700)
        self._page.wait_for_selector(".stApp[data-test-script-state=notRunning]", timeout=60_000)
        self._page.wait_for_timeout(300)


def their_pages(model: Path, tokens: int) -> list[tuple[str, float]]:
    """Return BertViz's page of each sentence from the second on, with the attentions that the app shows."""
    loaded = load_model(entry_of(model, "full"), model)
    batch = encode(loaded.tokenizer, tuple(sentences(tokens)))
    assert batch.size[1] == tokens, f"{batch.size[1]} tokens, not {tokens}"
    maps = attention_maps(loaded, batch, build_mask(MaskSpec(), batch))
    return [their_page(one, batch.labels(row)) for row, one in enumerate(maps) if row]


def measure_change(browser: Browser, model: Path, folder: Path) -> Iterator[Figure]:
    """Yield time and bytes of BertViz's model view over those of a change of sentence, TOKENS tokens."""
    theirs, pages = Theirs(browser, folder), their_pages(model, TOKENS)
    with serving(environment={"MASKSCOPE_FOLDERS": f"full={model}"}) as app:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        ours, runs = Ours(page, app, sentences(TOKENS)), []
        for number, (text, written) in enumerate(pages, start=1):
            heard = ours.heard.messages
            run = {"ours_s": ours.show(number), **{f"{name}_bytes": size for name, size in ours.sent().items()}}
            run |= {"all_messages_bytes": ours.heard.messages - heard, "seen_before_s": ours.show(number - 1)}
            drawn, nodes = theirs.draw(text)
            runs.append(
                run | {"bertviz_s": drawn, "written_s": written, "nodes": nodes, "bertviz_bytes": len(text.encode())}
            )
        page.close()
    # The first change pays for what the browser and the app do once.
    found = {name: statistics.median(run[name] for run in runs[1:]) for name in runs[0]}
    detail = ("bertviz_s", "ours_s", "seen_before_s", "written_s", "nodes")
    yield Figure(
        name=f"heads of another sentence drawn: BertViz : ours, 12 x 12 heads, {TOKENS} tokens",
        value=found["bertviz_s"] / found["ours_s"],
        at_least=10.0,
        detail={name: found[name] for name in detail},
    )
    yield Figure(
        name=f"bytes of a sentence's heads: BertViz : ours, all heads and the open one, {TOKENS} tokens",
        value=found["bertviz_bytes"] / (found["overview_bytes"] + found["head_bytes"]),
        at_least=15.0,
        detail={name: found[name] for name in found if name.endswith("_bytes")},
    )


def measure_long(browser: Browser, model: Path) -> Iterator[Figure]:
    """Yield the time of a change of sentence at LONG tokens over its bound of 2 s."""
    (text, written), *_ = their_pages(model, LONG)
    with serving(environment={"MASKSCOPE_FOLDERS": f"full={model}"}) as app:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        ours = Ours(page, app, sentences(LONG))
        times = [ours.show(number) for number in range(1, ROUNDS + 2)][1:]
        sent = ours.sent()
        page.close()
    yield Figure(
        name=f"heads of another sentence drawn, 12 x 12 heads, {LONG} tokens : 2 s",
        value=statistics.median(times) / 2,
        at_most=1.0,
        detail={"ours_s": statistics.median(times), "slowest_s": max(times), "written_s": written}
        | {f"{name}_bytes": size for name, size in sent.items()}
        | {"bertviz_bytes": len(text.encode())},
    )


def measure() -> Iterator[Figure]:
    """Yield every figure beside BertViz. Raises MissingError where it is not installed, or npm has not its scripts."""
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        model = save_random(folder / "full", layers=12, heads=12, width=768, context=1024)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        try:
            yield from measure_change(browser, model, folder)
            yield from measure_long(browser, model)
        finally:
            browser.close()
