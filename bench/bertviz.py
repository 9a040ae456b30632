"""A sentence's heads on the Heads page against BertViz's model view of the same attentions, in one Chromium."""

from __future__ import annotations

import importlib
import json
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote_plus, urlsplit

import torch
from google.protobuf.message import DecodeError
from playwright.sync_api import Browser, Page, Route, WebSocket, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.report import Figure, MissingError
from model_utils.attention import AttentionMaps, attention_maps
from model_utils.loading import load_model
from model_utils.masks import MaskSpec, build_mask
from model_utils.tokens import encode
from tests.tools.models import entry_of, save_random
from tests.tools.server import CHROMIUM_FLAGS, ROOT, chromium_path, free_port, start_app

ROUNDS = 5
TOKENS, LONG = 64, 128
# Each is one token, with a space before it and without.
WORDS = ("the", "of", "and", "to", "in", "is", "on", "it", "that", "for", "was", "with", "as", "his", "he", "be", "not")

PEERS = ROOT / ".venv" / "peers"
INSTALL = ".venv/bin/python -m pip install --no-deps --target .venv/peers -r bench/requirements.txt"
# What BertViz's page asks a CDN for, by the last part of its address: the npm package and the file in it. Its jQuery is
# 2.0.0, which npm does not have.
SCRIPTS = {
    "require.min.js": ("requirejs@2.3.6", "package/require.js"),
    "d3.min.js": ("d3@5.7.0", "package/dist/d3.min.js"),
    "jquery.min.js": ("jquery@2.1.0", "package/dist/jquery.min.js"),
}
QUIET = 300  # ms without a new node after which a page of BertViz is drawn

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

# Until no node came for a while: the milliseconds from the start of the page to the frame after the last, and the nodes.
SETTLED = f"""() => new Promise((resolve, reject) => {{
  const all = document.getElementsByTagName('*');
  let nodes = -1, drawn = 0, framed = true;
  const look = () => {{
    const now = performance.now();
    if (all.length !== nodes) {{ nodes = all.length; framed = false; drawn = now; }}
    else if (!framed) {{ framed = true; drawn = now; }}
    else if (now - drawn > {QUIET} && document.querySelector('svg line')) return resolve([drawn, nodes]);
    if (now > 120000) return reject(new Error(`still drawing after two minutes, ${{nodes}} nodes`));
    requestAnimationFrame(look);
  }};
  look();
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


def their_page(maps: AttentionMaps, tokens: list[str]) -> tuple[str, float]:
    """Return the page of BertViz's model view, and the seconds that it took to write.

    Raises MissingError where BertViz is not installed.
    """
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    try:
        peer = importlib.import_module("bertviz")
    except ModuleNotFoundError as error:
        raise MissingError(f"BertViz is not here ({error}); install it with: {INSTALL}") from error
    layers = [torch.from_numpy(layer[None].copy()) for layer in maps.weights]
    start = time.perf_counter()
    page = f"<!doctype html><meta charset=utf-8>{peer.model_view(layers, tokens, html_action='return').data}"
    return page, time.perf_counter() - start


def fetch_scripts(folder: Path) -> dict[str, bytes]:
    """Return the scripts that BertViz's page needs, from the packages' own registry, by name. Raises MissingError."""
    found = {}
    for name, (package, path) in SCRIPTS.items():
        command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=folder)
            with tarfile.open(folder / done.stdout.split()[-1]) as archive:
                found[name] = archive.extractfile(path).read()  # type: ignore[union-attr]
        except (OSError, subprocess.SubprocessError, IndexError, KeyError, tarfile.TarError) as error:
            raise MissingError(f"npm does not give {package}, which BertViz's page needs: {error}") from error
    return found


class Theirs:
    """BertViz's page in the browser; what it asks of a CDN is answered here, and nothing else goes out."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self._scripts = fetch_scripts(folder)

    def draw(self, text: str) -> tuple[float, int]:
        """Return (seconds from opening the page to drawn, DOM nodes)."""
        path = self._folder / "bertviz.html"
        path.write_text(text, encoding="utf-8")
        page = self._browser.new_page(viewport={"width": 1400, "height": 900})
        try:
            page.route(lambda address: urlsplit(address).scheme != "file", self._answer)
            page.goto(path.as_uri(), wait_until="commit", timeout=60_000)
            milliseconds, nodes = page.evaluate(SETTLED)
        finally:
            page.close()
        return milliseconds / 1000, nodes

    def _answer(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.rsplit("/", 1)[-1]
        if name in self._scripts:
            route.fulfill(body=self._scripts[name], content_type="text/javascript")
        else:
            route.abort()


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


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """Return the address of an app that offers the model in `model` as `full`, served while the block runs."""
    port = free_port()
    process = start_app(port, {"MASKSCOPE_FOLDERS": f"full={model}"})
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


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
    with serving(model) as app:
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
    with serving(model) as app:
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
