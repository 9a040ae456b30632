"""BertViz's page of all heads, written and drawn as its own package and its own scripts do it."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import torch
from playwright.sync_api import Browser, Route

from bench.report import MissingError
from model_utils.models.forward import AttentionMaps
from tests.tools.server import ROOT

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
