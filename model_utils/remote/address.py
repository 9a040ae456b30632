"""Where the computers are that run the models, if not here. Imports neither torch nor ray: first paint needs this."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from model_utils.errors import ModelLostError

# The operator's setting, read from the environment.
VARIABLE = "MASKSCOPE_RAY"

# Start replicas on this computer; join the Ray that runs on it.
LOCAL, AUTO = "local", "auto"

# What Ray reads from the environment, unless it says otherwise. It would tell its makers that it runs, and nothing goes out of
# this app; and replicas on this computer would give way to whatever else is at work on it: at Ray's own niceness of 15 two were
# not up after four minutes beside two busy processes, at 0 within one.
RAY_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}

_HOST_AND_PORT = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")

# Threads that wait for answers take no core: more than one process of the app has readers.
_WAITING = 4_096


def is_set(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether models run elsewhere."""
    return bool(environment.get(VARIABLE, "").strip())


def address(environment: Mapping[str, str] = os.environ) -> str:
    """Return where the cluster is: `local`, `auto` or host:port. Raises ModelLostError for anything else."""
    found = environment.get(VARIABLE, "").strip()
    parts = _HOST_AND_PORT.fullmatch(found)
    if found in (LOCAL, AUTO) or (parts is not None and 0 < int(parts[2]) < 65_536):
        return found
    raise ModelLostError(
        f"{VARIABLE} is {found[:60]!r}, and must be {LOCAL}, {AUTO} or host:port of a Ray cluster: the operator has to mend it."
    )


def places(*, here: int, environment: Mapping[str, str] = os.environ) -> int:
    """Return how much heavy work this process has under way at once: `here`, where it computes itself.

    With replicas it waits for answers only. They take a bounded number of requests each, and Ray holds the others back: a
    second line before that one would leave replicas without work.
    """
    return _WAITING if is_set(environment) else here
