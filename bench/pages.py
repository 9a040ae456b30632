"""What a reader costs the server: CPU seconds of a page that others have opened before, over those of a plain Streamlit page."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.report import Figure
from tests.tools.server import process_of
from tests.tools.visitors import Visitor

PAGES = ("", "Tokens", "Masks", "Heads", "Mechanics", "Generate", "Compare", "Lessons")
# A crowd does not come one after another, but what each costs is told more exactly so.
SESSIONS = 20
# Seconds in which the texts of Generate and Compare are made, when the first reader comes; and a page's last work is done.
TEXTS, QUIET = 20, 0.5

# What is drawn of a figure, and what a reader can press or fill in, by the names of Streamlit's messages.
_FIGURE = "maskscope_plot"
_WIDGETS = {
    *(
        "button",
        "button_group",
        "checkbox",
        "download_button",
        "file_uploader",
        "number_input",
        "page_link",
        "selectbox",
    ),
    *("slider", "text_area", "text_input", "bidi_component", "dataframe"),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds of the server for one session: until its page is there, and after."""

    script: float
    after: float

    @property
    def whole(self) -> float:
        """Return both together."""
        return self.script + self.after


def measure() -> Iterator[Figure]:
    """Yield for each page its cost over that of a plain one with as many containers, widgets, texts and figures."""
    one_thread = {"OMP_NUM_THREADS": "1"}
    plain_script = Path(__file__).with_name("plain_page.py")
    with process_of(environment=one_thread) as ours, process_of(plain_script, one_thread) as plain:
        for page in PAGES:
            _opened(ours[0], page, wait=TEXTS if page in ("Generate", "Compare") else QUIET)
            elements = kinds(_opened(ours[0], page))
            query = urlencode(elements)
            for _ in range(2):
                _opened(plain[0], query=query)
            found, least = cost(*ours, page), cost(*plain, query=query)
            yield Figure(
                name=f"CPU seconds of a session on {page or 'Home'} : on a plain page of as many elements",
                value=found.whole / least.whole,
                at_most=2.0,
                detail={"page_s": found.whole, "script_s": found.script, "after_s": found.after}
                | {"plain_s": least.whole, "plain_script_s": least.script, "plain_after_s": least.after}
                | elements,
            )


def _opened(address: str, page: str = "", query: str = "", wait: float = QUIET) -> list[ForwardMsg]:
    with Visitor(address) as visitor:
        messages = visitor.open(page, query)
        time.sleep(wait)
    return messages


def kinds(messages: list[ForwardMsg]) -> dict[str, int]:
    """Return how many containers, widgets (as `buttons`), texts and figures some messages draw."""
    found: Counter[str] = Counter()
    for message in messages:
        if message.WhichOneof("type") != "delta":
            continue
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if message.delta.WhichOneof("type") == "add_block":
            found["containers"] += 1
        elif kind == "bidi_component" and element.bidi_component.component_name == _FIGURE:
            found["figures"] += 1
        else:
            found["buttons" if kind in _WIDGETS else "texts"] += 1
    return dict(found)


def cost(address: str, server: subprocess.Popen[bytes], page: str = "", query: str = "") -> Cost:
    """Return what one of SESSIONS sessions costs `server`, one after another."""
    process = psutil.Process(server.pid)

    def spent() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    start, script = spent(), 0.0
    for _ in range(SESSIONS):
        before = spent()
        with Visitor(address) as visitor:
            visitor.open(page, query)
            script += spent() - before
        time.sleep(0.1)
    time.sleep(QUIET)
    return Cost(script=script / SESSIONS, after=(spent() - start - script) / SESSIONS)
