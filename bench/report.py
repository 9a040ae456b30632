"""One figure of a benchmark, and the report of a run."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("streamlit", "plotly", "torch", "transformers", "pandas", "numpy")


class MissingError(Exception):
    """What a part is measured against is not here; the message says how to get it."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured ratio beside what it is to be: `at_most` or `at_least`, and the two times or sizes behind it."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    detail: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Return whether the ratio keeps its bound."""
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def __str__(self) -> str:
        bound = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        parts = ", ".join(f"{name} {value:,.4g}" for name, value in self.detail.items())
        return f"{'ok  ' if self.holds else 'MISS'} {self.name}: {self.value:.2f} ({bound}; {parts})"


def alternate(*tasks: Callable[[], object], rounds: int) -> list[float]:
    """Return the median seconds of each task over `rounds`, the tasks taking turns so that drift meets all alike."""
    seconds: list[list[float]] = [[] for _ in tasks]
    for task in tasks:
        task()  # warm: first runs pay for caches
    for _ in range(rounds):
        for task, times in zip(tasks, seconds, strict=True):
            start = time.perf_counter()
            task()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


def save(figures: list[Figure]) -> Path:
    """Return the path of this run's JSON: the figures, the machine and the versions."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    run = {
        "machine": {
            "platform": platform.platform(),
            "python": platform.python_version(),
            "cores": psutil.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        },
        "versions": {name: version(name) for name in PACKAGES},
        "figures": [asdict(figure) | {"holds": figure.holds} for figure in figures],
    }
    path.write_text(json.dumps(run, indent=1), encoding="utf-8")
    return path
