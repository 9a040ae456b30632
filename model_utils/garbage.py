"""Collecting garbage on a server: what stays in memory is not walked at every collection.

Streamlit collects after every run of a page or fragment. Over the 440,000 objects of torch and transformers that takes 0.3 s, in
which nothing else runs: no download, no generation, no other session. What the caches keep, and sessions that are open, takes
some 20 ms more for each 30,000 objects.
"""

from __future__ import annotations

import gc
from typing import Literal

# Objects that a collection may walk each time: 2 ms.
WALKED = 5_000
# Objects set aside after which everything is walked again, once: those in reference cycles that have become garbage since are
# still in memory. A session that is over leaves some 500, so that this is once in hundreds of them.
SET_ASIDE = 200_000

_now = {"set aside": 0, "everything": 0}


def set_aside() -> None:
    """Collect garbage once, all of it, and leave what stays out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _now["set aside"] = 0


def keep_collections_short() -> None:
    """From now on set aside what has survived a collection, whenever that has become much."""
    if _around not in gc.callbacks:
        gc.callbacks.append(_around)


def _around(phase: Literal["start", "stop"], facts: dict[str, int]) -> None:
    """Set aside what has survived, or have everything walked. Python calls this before and after each collection."""
    if facts["generation"] < 2:
        return
    if phase == "start":
        _now["everything"] = int(_now["set aside"] > SET_ASIDE)
        if _now["everything"]:
            gc.unfreeze()
        return
    survivors = _survivors()
    if _now["everything"]:
        gc.freeze()
        _now.update({"set aside": 0, "everything": 0})
    elif survivors > WALKED:
        gc.freeze()
        _now["set aside"] += survivors


def _survivors() -> int:
    """Return how many objects every collection walks.

    The list of them is gone before another thread runs: `map` calls both functions without a step of the interpreter between
    them. While such a list is there, a thread that is filling a tuple from a generator fails with a SystemError.
    """
    return next(map(len, map(gc.get_objects, (2,))))
