"""A real server with a hall of phones: every vote counts once, and the teacher's page does not wait for them."""

from __future__ import annotations

from tests.tools.server import serving
from tests.tools.voters import vote


def test_sixty_phones_vote_on_one_server_and_all_are_counted() -> None:
    with serving() as address:
        hall = vote(address, 60)
    expected = tuple(hall.voted[choice] for choice in range(3))
    assert sum(expected) == 60
    assert hall.counted == [expected] * 60
