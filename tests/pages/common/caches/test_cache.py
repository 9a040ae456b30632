"""The places for drawing and for heavy computation."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from pages.common.caches import cache

PLACES = 2


def draw_together() -> None:
    """Draw in all places at once; raises BrokenBarrierError where one is taken."""
    together = threading.Barrier(PLACES)

    def draw() -> None:
        with cache.drawing():
            together.wait(timeout=2)

    with ThreadPoolExecutor(PLACES) as pool:
        for one in [pool.submit(draw) for _ in range(PLACES)]:
            one.result()


def test_a_page_that_computes_gives_its_place_for_drawing_away_and_no_place_is_lost() -> None:
    with cache.drawing():
        with cache.gate():
            draw_together()
        draw_together()  # it does not take one again
    draw_together()
