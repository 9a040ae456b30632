"""Rooms in which a class votes: what is asked, who voted for what until it is revealed, and counts from then on.

In the memory of one process, and safe for its threads. A room has six letters, which everybody may know, and a code, which
only who opened it knows: what moves the room or reads its counts asks for both. The right answer of a question is not known
here before it is revealed. Readers are told of the code as the password: on the same screen is a QR code.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from model_utils.errors import InputError, ReaderError

# No vowels, so that no words come up, and none that is taken for another one when it is read from afar.
ALPHABET = "BCDFGHJKMNPRSTVWXZ"
LETTERS, CODE_LETTERS = 6, 12
# Seconds after its opening at which a room is forgotten.
LIFETIME = 24 * 3600.0
# All classes that one server can have at a time. Where there are as many, a room that nobody used for IDLE seconds gives way.
MAX_ROOMS, IDLE = 200, 3600.0
# The voters of a question: several lecture halls. Some 150 bytes each, until the question is revealed.
MAX_VOTES = 1_000
# So many questions of a room that were asked and not revealed can still be voted on when the teacher goes back to them.
KEPT_OPEN = 3
# Several lessons in one room.
MAX_QUESTIONS = 200

_VOTER = re.compile(r"[A-Za-z0-9_-]{16,64}")


class RoomError(ReaderError):
    """What is asked of a room cannot be done: why, and the way out."""


class NoRoomError(RoomError):
    """There is no room of these letters, or not any more."""


class WrongCodeError(RoomError):
    """The code is not that of the room."""


class VoteRefusedError(RoomError):
    """The vote does not count: it comes too late, or too many have voted."""


@dataclass(frozen=True, kw_only=True)
class RoomKeys:
    """What leads a room: the letters that all know, and the code of who opened it."""

    letters: str
    code: str = field(repr=False)

    @property
    def written(self) -> str:
        """Return the code in groups of four, to be read and typed."""
        return "-".join(self.code[at : at + 4] for at in range(0, CODE_LETTERS, 4))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a step asks: `place` says where the lesson is. Without choices there is nothing to vote on."""

    step: str
    place: str
    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PhoneView:
    """What a phone may see of a room: nothing but the question, and the counts once they are revealed.

    `asked`: it can be voted on. `no-vote`: there are no choices. `counted`: revealed. `closed`: revealed earlier, and asked
    again. `wait`: no question. `yours` is the voter's present choice, `right` the right one, from 0, of what is counted.
    """

    state: Literal["wait", "asked", "no-vote", "closed", "counted"]
    question: Question | None = None
    yours: int | None = None
    counts: tuple[int, ...] = ()
    right: int | None = None


class _Tally:
    """The votes on one question: by voter while it is open, then counts alone."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.by_voter: dict[str, int] = {}
        self._counts: tuple[int, ...] | None = None

    @property
    def closed(self) -> bool:
        return self._counts is not None

    def counts(self) -> tuple[int, ...]:
        if self._counts is not None:
            return self._counts
        votes = list(self.by_voter.values())
        return tuple(votes.count(choice) for choice in range(len(self.question.choices)))

    def close(self) -> None:
        self._counts = self.counts()
        self.by_voter.clear()


@dataclass(kw_only=True)
class _Room:
    keys: RoomKeys
    opened: float
    used: float
    question: Question | None = None
    revealed: bool = False
    right: int | None = None
    tallies: dict[str, _Tally] = field(default_factory=dict)
    open: list[_Tally] = field(default_factory=list)  # those that take votes, the last one asked at the end

    def tally(self) -> _Tally | None:
        """Return the votes on what is asked now, None where there is nothing to vote on."""
        return self.tallies.get(self.question.step) if self.question and self.question.choices else None

    def ask(self, question: Question, *, revealed: bool) -> None:
        """Take votes on `question` from now on; revealed, and once it was, only counts are kept."""
        found = self.tallies.get(question.step)
        if found is None or found.question != question:  # a file of a lesson may change meanwhile
            if found is None and len(self.tallies) >= MAX_QUESTIONS:
                raise RoomError(f"A room takes {MAX_QUESTIONS} questions. Open another one.")
            found = self.tallies[question.step] = _Tally(question)
        if revealed:
            found.close()
        others = [one for one in self.open if one.question.step != question.step]
        self.open = others if found.closed else [*others, found]
        for one in self.open[:-KEPT_OPEN]:
            one.close()
        self.open = self.open[-KEPT_OPEN:]


class Rooms:
    """All rooms of a process. `now` gives seconds that only grow; a room's letters begin with one of `firsts`.

    Where several processes serve, each has first letters of its own, by which a proxy finds the process of a room.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, firsts: str = ALPHABET) -> None:
        self._now, self._firsts = now, firsts
        self._lock = threading.Lock()
        self._rooms: dict[str, _Room] = {}  # in the order of their opening

    def open(self) -> RoomKeys:
        """Return the keys of a new room. Raises RoomError where there are MAX_ROOMS, all of them in use."""
        with self._lock:
            now = self._forget_old()
            if len(self._rooms) >= MAX_ROOMS:
                unused = min(self._rooms.values(), key=lambda room: room.used)
                if now - unused.used < IDLE:
                    raise RoomError(f"This server has {MAX_ROOMS} rooms, and all are in use. Try again in an hour.")
                del self._rooms[unused.keys.letters]
            letters = self._new_letters()
            while letters in self._rooms:
                letters = self._new_letters()
            keys = RoomKeys(letters=letters, code=_drawn(CODE_LETTERS))
            self._rooms[letters] = _Room(keys=keys, opened=now, used=now)
            return keys

    def check(self, keys: RoomKeys) -> None:
        """Raise NoRoomError or WrongCodeError where `keys` lead no room."""
        with self._lock:
            self._led(keys)

    def exists(self, letters: str) -> bool:
        """Return whether there is a room of these letters."""
        with self._lock:
            self._forget_old()
            return letters in self._rooms

    def end(self, keys: RoomKeys) -> None:
        """Forget a room and its votes."""
        with self._lock:
            del self._rooms[self._led(keys).keys.letters]

    def show(
        self, keys: RoomKeys, question: Question | None, *, revealed: bool = False, right: int | None = None
    ) -> None:
        """Move a room to a question, None for none.

        Revealed, no vote on it is taken any more, only counts are kept, and `right` is the right choice, from 0.
        """
        with self._lock:
            room = self._led(keys)
            if question is not None and question.choices:
                room.ask(question, revealed=revealed)
            room.question, room.revealed, room.right = question, revealed, right if revealed else None

    def forget(self, keys: RoomKeys, step: str) -> None:
        """Forget all votes on a step, so that it can be asked anew."""
        with self._lock:
            room = self._led(keys)
            room.tallies.pop(step, None)
            room.open = [one for one in room.open if one.question.step != step]

    def counts(self, keys: RoomKeys, step: str) -> tuple[int, ...]:
        """Return how many voted for each choice of a step; nothing where it was not asked."""
        with self._lock:
            tally = self._led(keys).tallies.get(step)
            return () if tally is None else tally.counts()

    def votes(self, keys: RoomKeys) -> tuple[int, bool]:
        """Return how many voted on what is asked now, and whether votes are still taken."""
        with self._lock:
            tally = self._led(keys).tally()
            return (0, False) if tally is None else (sum(tally.counts()), not tally.closed)

    def table(self, keys: RoomKeys) -> list[dict[str, Any]]:
        """Return a row for each choice of each question that was asked, in the order of asking."""
        with self._lock:
            tallies = list(self._led(keys).tallies.values())
            return [
                {"step": one.question.step, "question": one.question.text, "choice": choice, "votes": votes}
                for one in tallies
                for choice, votes in zip(one.question.choices, one.counts(), strict=True)
            ]

    def seen(self, letters: str, voter: str = "") -> PhoneView:
        """Return what a phone sees of a room. Raises NoRoomError where there is none."""
        with self._lock:
            return self._seen(self._room(letters), voter)

    def vote(self, letters: str, voter: str, step: str, choice: int) -> PhoneView:
        """Return what the phone of `voter` sees when its vote on `step` counts for `choice`, and none that it gave before.

        Raises NoRoomError; InputError for what is no vote; VoteRefusedError where the question is over or has MAX_VOTES.
        """
        if _VOTER.fullmatch(voter) is None:
            raise InputError("A voter is 16 to 64 letters and digits.")
        with self._lock:
            room = self._room(letters)
            tally = room.tally()
            if tally is None or tally.question.step != step or tally.closed:
                raise VoteRefusedError("This question is over: your vote came too late.")
            if not 0 <= choice < len(tally.question.choices):
                raise InputError(f"The choices are 0 to {len(tally.question.choices) - 1}.")
            if voter not in tally.by_voter and len(tally.by_voter) >= MAX_VOTES:
                raise VoteRefusedError(f"{MAX_VOTES:,} have voted, and a question takes no more.")
            tally.by_voter[voter] = choice
            return self._seen(room, voter)

    def _seen(self, room: _Room, voter: str) -> PhoneView:
        question, tally = room.question, room.tally()
        if question is None:
            return PhoneView(state="wait")
        if tally is None:
            return PhoneView(state="no-vote", question=question)
        if not tally.closed:
            return PhoneView(state="asked", question=question, yours=tally.by_voter.get(voter))
        if not room.revealed:
            return PhoneView(state="closed", question=question)
        return PhoneView(state="counted", question=question, counts=tally.counts(), right=room.right)

    def _new_letters(self) -> str:
        return secrets.choice(self._firsts) + _drawn(LETTERS - 1)

    def _forget_old(self) -> float:
        now = self._now()
        while self._rooms and now - next(iter(self._rooms.values())).opened >= LIFETIME:
            del self._rooms[next(iter(self._rooms))]
        return now

    def _room(self, letters: str) -> _Room:
        now = self._forget_old()
        if letters not in self._rooms:
            raise NoRoomError("There is no such room, or not any more. Look for its code on the screen in front.")
        room = self._rooms[letters]
        room.used = now
        return room

    def _led(self, keys: RoomKeys) -> _Room:
        room = self._room(keys.letters)
        if not secrets.compare_digest(keys.code.encode(), room.keys.code.encode()):
            raise WrongCodeError("This is not the password of the room.")
        return room


def tidy(typed: str) -> str:
    """Return letters as typed or taken from an address in the form that rooms know: capitals, nothing between them."""
    return re.sub(r"[^A-Z]", "", typed[:100].upper())


def _drawn(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
