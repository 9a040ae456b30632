"""A class of 200 that votes: how long the teacher's page and the phones wait on one server."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report import Figure
from tests.tools.server import serving
from tests.tools.voters import vote

PHONES = 200


def measure() -> Iterator[Figure]:
    """Yield the slowest of the teacher's clicks among voting phones over one second, and the share of votes counted."""
    with serving() as app:
        vote(app, 2)  # warm: the model is loaded
        hall = vote(app, PHONES)
    times = sorted(hall.requests)
    yield Figure(
        name=f"slowest click of a teacher among {PHONES} phones : one second",
        value=max(hall.clicks.values()),
        at_most=1.0,
        detail={f"{key}_s": seconds for key, seconds in hall.clicks.items()},
    )
    seen = [sum(counts) for counts in hall.counted]
    yield Figure(
        name=f"votes counted : {PHONES} given, as the phone saw it that saw fewest",
        value=min(seen) / PHONES,
        at_least=1.0,
        detail={
            "all_in_s": hall.all_in,
            "answers": len(times),
            "median_answer_s": times[len(times) // 2],
            "99_percent_s": times[int(0.99 * len(times))],
        },
    )
