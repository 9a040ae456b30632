"""Rooms: who may lead one, one vote per voter and question until it is revealed, counts after that, and every bound."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lessons import rooms as module
from lessons.rooms import (
    ALPHABET,
    IDLE,
    KEPT_OPEN,
    LIFETIME,
    NoRoomError,
    PhoneView,
    Question,
    RoomError,
    RoomKeys,
    Rooms,
    VoteRefusedError,
    WrongCodeError,
    tidy,
)
from model_utils.errors import InputError


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(clock: Clock) -> Rooms:
    return Rooms(clock)


def asked(number: int = 1, choices: tuple[str, ...] = ("yes", "no", "maybe")) -> Question:
    return Question(step=f"masks-{number}", place=f"Masks {number} of 10", text="Does it?", choices=choices)


def voter(number: int) -> str:
    return f"{number:016d}"


def test_a_room_has_letters_and_a_code_that_are_drawn_of_unmistakable_ones(rooms: Rooms) -> None:
    first, second = rooms.open(), rooms.open()
    assert first.letters != second.letters
    assert (len(first.letters), len(first.code)) == (6, 12)
    assert set(first.letters + first.code + second.letters + second.code) <= set(ALPHABET)
    assert not set("AEIOULQ01") & set(ALPHABET)
    assert tidy(first.written) == first.code
    assert first.code not in repr(first)


@pytest.mark.parametrize(
    ("typed", "read"), [(" bcd-fgh ", "BCDFGH"), ("b c d", "BCD"), ("ß1é", "SS"), ("b" * 999, "B" * 100)]
)
def test_what_is_typed_is_read_in_any_form(typed: str, read: str) -> None:
    assert tidy(typed) == read


@pytest.mark.parametrize(
    "wish",
    [
        Rooms.check,
        lambda rooms, keys: rooms.show(keys, asked()),
        lambda rooms, keys: rooms.counts(keys, "masks-1"),
        Rooms.votes,
        Rooms.table,
        Rooms.end,
    ],
)
def test_only_the_code_leads_a_room(rooms: Rooms, wish) -> None:
    keys, other = rooms.open(), rooms.open()
    for code in (other.code, "", keys.code[:-1], "é" * 12):
        with pytest.raises(WrongCodeError):
            wish(rooms, RoomKeys(letters=keys.letters, code=code))
    rooms.check(keys)
    assert rooms.seen(keys.letters).state == "wait"


def test_a_phone_sees_the_question_then_its_vote_then_the_counts(rooms: Rooms) -> None:
    keys = rooms.open()
    assert rooms.seen(keys.letters) == PhoneView(state="wait")
    rooms.show(keys, asked())
    assert rooms.seen(keys.letters) == PhoneView(state="asked", question=asked())
    assert rooms.vote(keys.letters, voter(1), "masks-1", 2).yours == 2
    assert rooms.seen(keys.letters, voter(1)).yours == 2
    assert rooms.seen(keys.letters, voter(2)) == PhoneView(state="asked", question=asked())  # nothing of the others
    rooms.show(keys, asked(), revealed=True)
    assert rooms.seen(keys.letters, voter(1)) == PhoneView(state="counted", question=asked(), counts=(0, 0, 1))
    rooms.show(keys, None)
    assert rooms.seen(keys.letters) == PhoneView(state="wait")


def test_a_vote_can_be_changed_until_it_is_revealed_and_counts_once(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked())
    for choice in (0, 1, 1):
        rooms.vote(keys.letters, voter(1), "masks-1", choice)
    rooms.vote(keys.letters, voter(2), "masks-1", 0)
    assert rooms.counts(keys, "masks-1") == (1, 1, 0)
    assert rooms.votes(keys) == (2, True)
    rooms.show(keys, asked(), revealed=True)
    with pytest.raises(VoteRefusedError):
        rooms.vote(keys.letters, voter(1), "masks-1", 0)
    assert rooms.counts(keys, "masks-1") == (1, 1, 0)
    assert rooms.votes(keys) == (2, False)


def test_once_revealed_no_voter_is_kept(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked())
    rooms.vote(keys.letters, voter(1), "masks-1", 0)
    assert voter(1) in repr(vars(rooms._rooms[keys.letters].tallies["masks-1"]))
    rooms.show(keys, asked(), revealed=True)
    room = rooms._rooms[keys.letters]
    assert voter(1) not in repr([vars(one) for one in room.tallies.values()]) + repr(room)


def test_what_was_revealed_and_is_asked_again_takes_no_votes_and_shows_no_counts(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(), revealed=True)
    rooms.show(keys, asked())
    assert rooms.seen(keys.letters) == PhoneView(state="closed", question=asked())
    with pytest.raises(VoteRefusedError):
        rooms.vote(keys.letters, voter(1), "masks-1", 0)


def test_a_vote_for_another_question_than_the_one_in_view_does_not_count(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(1))
    rooms.show(keys, asked(2))
    with pytest.raises(VoteRefusedError):
        rooms.vote(keys.letters, voter(1), "masks-1", 0)
    rooms.show(keys, None)
    with pytest.raises(VoteRefusedError):
        rooms.vote(keys.letters, voter(1), "masks-2", 0)


def test_a_question_without_choices_takes_no_votes(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(choices=()))
    assert rooms.seen(keys.letters).state == "no-vote"
    assert rooms.votes(keys) == (0, False)
    with pytest.raises(VoteRefusedError):
        rooms.vote(keys.letters, voter(1), "masks-1", 0)
    rooms.show(keys, asked(choices=()), revealed=True)
    assert rooms.table(keys) == []


def test_going_back_to_a_question_that_was_not_revealed_finds_its_votes(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(1))
    rooms.vote(keys.letters, voter(1), "masks-1", 1)
    rooms.show(keys, asked(2))
    rooms.show(keys, asked(1))
    assert rooms.seen(keys.letters, voter(1)).yours == 1


def test_a_question_left_long_ago_keeps_its_counts_alone(rooms: Rooms) -> None:
    keys = rooms.open()
    for number in range(1, KEPT_OPEN + 2):
        rooms.show(keys, asked(number))
        rooms.vote(keys.letters, voter(1), f"masks-{number}", 1)
    assert not rooms._rooms[keys.letters].tallies["masks-1"].by_voter
    assert rooms.counts(keys, "masks-1") == (0, 1, 0)
    assert all(rooms._rooms[keys.letters].tallies[f"masks-{n}"].by_voter for n in range(2, KEPT_OPEN + 2))


def test_a_question_that_reads_differently_by_now_begins_anew(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked())
    rooms.vote(keys.letters, voter(1), "masks-1", 2)
    rooms.show(keys, asked(choices=("yes", "no")))
    assert rooms.counts(keys, "masks-1") == (0, 0)


@pytest.mark.parametrize("name", ["", "short", "x" * 65, "x" * 15, "<b>" + "x" * 20, "x" * 16 + "\n", "ä" * 16])
def test_a_voter_is_letters_and_digits(rooms: Rooms, name: str) -> None:
    keys = rooms.open()
    rooms.show(keys, asked())
    with pytest.raises(InputError):
        rooms.vote(keys.letters, name, "masks-1", 0)


@pytest.mark.parametrize("choice", [-1, 3, 10**9])
def test_a_choice_is_one_of_those_offered(rooms: Rooms, choice: int) -> None:
    keys = rooms.open()
    rooms.show(keys, asked())
    with pytest.raises(InputError):
        rooms.vote(keys.letters, voter(1), "masks-1", choice)


def test_a_question_takes_so_many_votes_and_those_may_still_change(rooms: Rooms, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_VOTES", 2)
    keys = rooms.open()
    rooms.show(keys, asked())
    for number in (1, 2):
        rooms.vote(keys.letters, voter(number), "masks-1", 0)
    with pytest.raises(VoteRefusedError, match="2"):
        rooms.vote(keys.letters, voter(3), "masks-1", 0)
    rooms.vote(keys.letters, voter(2), "masks-1", 1)
    assert rooms.counts(keys, "masks-1") == (1, 1, 0)


def test_a_room_takes_so_many_questions(rooms: Rooms, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_QUESTIONS", 2)
    keys = rooms.open()
    for number in (1, 2, 1):
        rooms.show(keys, asked(number))
    with pytest.raises(RoomError, match="2"):
        rooms.show(keys, asked(3))


def test_a_room_is_forgotten_after_a_day_and_not_before(rooms: Rooms, clock: Clock) -> None:
    old = rooms.open()
    clock.now += LIFETIME / 2
    young = rooms.open()
    clock.now += LIFETIME / 2 - 1
    rooms.check(old)
    clock.now += 1
    assert not rooms.exists(old.letters)
    assert len(rooms._rooms) == 1
    for wish in (lambda: rooms.check(old), lambda: rooms.seen(old.letters), lambda: rooms.seen("<b>")):
        with pytest.raises(NoRoomError):
            wish()
    rooms.check(young)


def test_where_all_rooms_are_in_use_there_is_no_other_and_an_unused_one_gives_way(
    rooms: Rooms, clock: Clock, monkeypatch
) -> None:
    monkeypatch.setattr(module, "MAX_ROOMS", 3)
    first, second, third = (rooms.open() for _ in range(3))
    with pytest.raises(RoomError, match="3 rooms"):
        rooms.open()
    clock.now += IDLE
    rooms.check(first)  # used by who leads it
    rooms.seen(third.letters)  # and by a phone
    new = rooms.open()
    assert not rooms.exists(second.letters)
    assert all(rooms.exists(keys.letters) for keys in (first, third, new))
    rooms.end(first)
    assert not rooms.exists(first.letters)
    rooms.open()


def test_the_table_has_a_row_for_each_choice_in_the_order_of_asking(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(2, ("a", "b")))
    rooms.vote(keys.letters, voter(1), "masks-2", 1)
    rooms.show(keys, asked(1, ("c", "d")), revealed=True)
    rooms.show(keys, asked(2, ("a", "b")), revealed=True)
    found = [(row["step"], row["question"], row["choice"], row["votes"]) for row in rooms.table(keys)]
    assert found == [
        (f"masks-{n}", "Does it?", choice, votes)
        for n, choice, votes in ((2, "a", 0), (2, "b", 1), (1, "c", 0), (1, "d", 0))
    ]


def test_votes_of_many_threads_all_count_once_while_the_room_is_read_and_moved(rooms: Rooms) -> None:
    keys = rooms.open()
    rooms.show(keys, asked(1))

    def votes(number: int) -> None:
        for choice in random.Random(number).choices(range(3), k=20):
            rooms.vote(keys.letters, voter(number), "masks-1", choice)
            rooms.seen(keys.letters, voter(number))
            rooms.counts(keys, "masks-1")
            rooms.show(keys, asked(1))
        rooms.vote(keys.letters, voter(number), "masks-1", number % 3)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(votes, range(60)))
    assert rooms.counts(keys, "masks-1") == (20, 20, 20)


def test_rooms_that_threads_open_and_end_at_once_are_all_different(rooms: Rooms) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: rooms.open(), range(100)))
        assert len({keys.letters for keys in found}) == 100
        list(pool.map(rooms.end, found))
    assert not rooms._rooms
