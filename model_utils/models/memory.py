"""How much memory is free, and whether a model fits into it. Imports no torch."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from model_utils.errors import ModelTooLargeError
from model_utils.limits import MEMORY_RESERVE_MB
from model_utils.models.registry import ModelEntry

# Where Linux tells a container what it may use (cgroup v2); psutil sees the whole machine only.
_CONTAINER = Path("/sys/fs/cgroup")


def free_mb(container: Path = _CONTAINER) -> float:
    """Return the memory that may still be taken, in MB (10**6 bytes): of the machine, or of the container if less."""
    free = float(psutil.virtual_memory().available)
    try:
        limit = float((container / "memory.max").read_text())
        used = float((container / "memory.current").read_text())
        stat = dict(line.split() for line in (container / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free / 1e6
    # Files that were read lately count as used, but give way.
    return min(free, limit - used + float(stat.get("inactive_file", 0))) / 1e6


def total_mb() -> float:
    """Return the memory of this machine in MB (10**6 bytes)."""
    return float(psutil.virtual_memory().total) / 1e6


def give_back() -> None:
    """Give memory that is no longer used back to the system, where its C library keeps it (glibc does)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def fits(entry: ModelEntry, room: float) -> bool:
    """Return whether `room` MB of memory are enough for `entry` and what the app needs beside it.

    The bundled model always does: without it there is no page.
    """
    return entry.source == "bundled" or entry.memory_mb + MEMORY_RESERVE_MB <= room


def check_memory(entry: ModelEntry, room: float) -> None:
    """Raise ModelTooLargeError, with both numbers, unless `entry` fits into `room` MB of memory."""
    if not fits(entry, room):
        raise ModelTooLargeError(
            f"{entry.id} needs {entry.memory_mb + MEMORY_RESERVE_MB:,} MB of memory, and this computer has "
            f"{max(room, 0):,.0f} MB to give. Choose a smaller model, or free some memory."
        )
