"""Readers who click for a long time: who is lost, what fails, whether memory stays. `python -m bench.soak --minutes 30`."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock, Thread

import psutil

from bench.report import Figure, save
from tests.tools.server import process_of
from tests.tools.visitors import Visitor

TEXTS = ("It+will+rain+in+the", "My+dog+is", "The+white+rabbit+looked+at+its+watch", "They+opened+the+door+and+saw+a")
# Seconds between two clicks of a reader, and pages that one tab opens before it is closed and another comes.
PAUSE, PAGES_A_TAB = (5.0, 25.0), 10
PATIENCE = 60.0  # seconds, after which a reader is lost
LOOK = 5.0  # seconds between two looks at the memory


@dataclass
class Log:
    """What the readers met: seconds that pages took, failures by their first line, and the server's memory over time."""

    waits: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)  # MB
    lock: Lock = field(default_factory=Lock)


def click(random_: random.Random) -> tuple[str, str]:
    """Return the page and link of a click: other heads, words, settings and texts."""
    text = random_.choice(TEXTS)
    layer, head, word = random_.randrange(8), random_.randrange(8), random_.randrange(3)
    seed, new = random_.randrange(10**6), random_.randrange(4, 24)
    return random_.choice(
        [
            ("", ""),
            ("Tokens", f"text={text}"),
            ("Masks", f"text={text}&weights={word}:0"),
            ("Masks", f"text={text}&look=patterns"),
            ("Heads", f"text={text}&layer={layer}&head={head}"),
            ("Heads", f"layer={layer}&head={head}&closer=measures"),
            ("Mechanics", f"text={text}&layer={layer}&head={head}&stage=values"),
            ("Generate", f"text={text}&seed={seed}&max_new_tokens={new}"),
            ("Compare", f"text={text}&seed={seed}&max_new_tokens={new}"),
            ("Lessons", ""),
        ]
    )


def reader(address: str, number: int, end: float, log: Log) -> None:
    """Click until `end`, a tab after another."""
    random_ = random.Random(number)
    time.sleep(random_.uniform(0, PAUSE[1]))
    while time.monotonic() < end:
        try:
            with Visitor(address) as visitor:
                for _ in range(PAGES_A_TAB):
                    start = time.monotonic()
                    messages = visitor.open(*click(random_), patience=PATIENCE)
                    failed = [
                        one.delta.new_element.exception
                        for one in messages
                        if one.delta.new_element.HasField("exception")
                    ]
                    with log.lock:
                        log.waits.append(time.monotonic() - start)
                        log.faults.update(f"{one.type}: {one.message[:80]}" for one in failed)
                    time.sleep(random_.uniform(*PAUSE))
                    if time.monotonic() > end:
                        break
        except Exception as error:  # whatever cuts a reader off counts as lost
            with log.lock:
                log.faults[f"lost: {type(error).__name__}: {error}"[:90]] += 1


def soak(readers: int, minutes: float) -> list[Figure]:
    """Return how the memory of the last third stands to that of the second, how many readers met a fault, and their waits."""
    log = Log()
    with process_of(environment={"OMP_NUM_THREADS": "1"}) as (address, process):
        end = time.monotonic() + 60 * minutes
        crowd = [Thread(target=reader, args=(address, number, end, log), daemon=True) for number in range(readers)]
        for one in crowd:
            one.start()
        while time.monotonic() < end:
            log.memory.append(psutil.Process(process.pid).memory_info().rss / 1e6)
            time.sleep(LOOK)
        for one in crowd:
            one.join(PATIENCE)
    third, waits = len(log.memory) // 3, sorted(log.waits)
    thirds = [max(log.memory[at * third : (at + 1) * third]) for at in range(3)]
    detail = {f"largest_mb_{at + 1}": value for at, value in enumerate(thirds)}
    detail |= {"pages": len(waits), "wait_median_s": waits[len(waits) // 2], "wait_95_s": waits[int(0.95 * len(waits))]}
    for fault, times in log.faults.items():
        print(f"{times} x {fault}")
    return [
        Figure(
            name="largest memory of the last third : of the second",
            value=thirds[2] / thirds[1],
            at_most=1.05,
            detail=detail,
        ),
        Figure(name="faults : pages", value=sum(log.faults.values()) / len(waits), at_most=0.0, detail={}),
    ]


def main() -> int:
    """Return 0 when nobody met a fault and the memory kept its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=30)
    asked = parser.parse_args()
    figures = soak(asked.readers, asked.minutes)
    for figure in figures:
        print(figure)
    print(f"written to {save(figures)}")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
