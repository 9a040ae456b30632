"""The places for drawing and for heavy computation."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from model_utils.models.registry import BUNDLED_ID
from pages.common.caches import cache

if TYPE_CHECKING:
    from pathlib import Path

    from model_utils.models.registry import ModelEntry

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


def test_a_block_within_another_holds_the_same_place() -> None:
    with cache.drawing(), cache.drawing(), pytest.raises(threading.BrokenBarrierError):
        draw_together()
    with cache.drawing():
        with cache.drawing():
            pass
        with pytest.raises(threading.BrokenBarrierError):
            draw_together()
    draw_together()


def test_who_loads_a_model_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def present(self, entry: ModelEntry) -> None:
            """Return that no model is there."""

        def get(self, entry: ModelEntry, folder: Path) -> None:
            """Load while others draw."""
            draw_together()

    monkeypatch.setattr(cache, "model_cache", Slow)
    with cache.drawing():
        cache.loaded_model(BUNDLED_ID)
