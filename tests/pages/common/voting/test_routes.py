"""What the server sends to phones: one page, what is asked, nothing of the answer; and what it takes from them."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lessons.rooms import Question, RoomKeys, Rooms
from pages.common.voting import routes

ASKED = Question(step="masks-1", place="Masks 1 of 10", text="<b>What</b> & now?", choices=("yes", "</script>no"))
VOTER = "0123456789abcdef"


@pytest.fixture
def rooms(monkeypatch) -> Rooms:
    """Return rooms of their own, which the routes use."""
    own = Rooms()
    monkeypatch.setattr(routes, "ROOMS", own)
    return own


@pytest.fixture
def phone(rooms: Rooms) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes.ROUTES)) as client:
        yield client


@pytest.fixture
def keys(rooms: Rooms) -> RoomKeys:
    """Return the keys of a room that asks a question."""
    keys = rooms.open()
    rooms.show(keys, ASKED)
    return keys


def vote(phone: TestClient, keys: RoomKeys, choice: object = 1, step: object = "masks-1", voter: object = VOTER):
    return phone.post(f"/room/{keys.letters}/vote", json={"voter": voter, "step": step, "choice": choice})


def test_the_page_is_one_file_and_runs_nothing_but_itself(phone: TestClient, keys: RoomKeys) -> None:
    answer = phone.get(f"/room/{keys.letters}")
    assert answer.status_code == 200
    assert not re.search(r"(?:src|href)=\"(?!data:,)", answer.text)
    policy = answer.headers["content-security-policy"]
    for kind in ("style", "script"):
        (source,) = re.findall(rf"<{kind}>(.*?)</{kind}>", answer.text, re.S)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert ASKED.text not in answer.text  # it asks for it


def test_everything_is_told_not_to_be_kept_or_guessed(phone: TestClient, keys: RoomKeys) -> None:
    answers = [phone.get(f"/room/{keys.letters}{part}") for part in ("", "/state", "/count")]
    answers += [vote(phone, keys), vote(phone, keys, 9), phone.get("/room/XXXXXX/state")]
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)


def test_a_phone_sees_question_and_choices_alone_until_they_are_revealed(
    phone: TestClient, keys: RoomKeys, rooms: Rooms
) -> None:
    vote(phone, keys)
    seen = phone.get(f"/room/{keys.letters.lower()}/state").json()
    assert seen == {
        "state": "asked",
        "step": "masks-1",
        "place": "Masks 1 of 10",
        "question": "<b>What</b> & now?",
        "choices": ["yes", "</script>no"],
        "yours": None,
        "counts": [],
        "right": None,
    }
    assert phone.get(f"/room/{keys.letters}/state", headers={"X-Voter": VOTER}).json()["yours"] == 1
    rooms.show(keys, ASKED, revealed=True, right=0)
    revealed = phone.get(f"/room/{keys.letters}/state").json()
    assert (revealed["counts"], revealed["right"]) == ([0, 1], 0)
    rooms.show(keys, None)
    assert phone.get(f"/room/{keys.letters}/state").json() == {"state": "wait"}


def test_a_vote_is_answered_with_what_counts_now(phone: TestClient, keys: RoomKeys, rooms: Rooms) -> None:
    assert vote(phone, keys, 1).json()["yours"] == 1
    assert vote(phone, keys, 0).json()["yours"] == 0
    assert rooms.counts(keys, "masks-1") == (1, 0)
    rooms.show(keys, ASKED, revealed=True)
    late = vote(phone, keys, 1)
    assert late.status_code == 409
    assert late.json()["message"]


@pytest.mark.parametrize("part", ["", "/state", "/count"])
@pytest.mark.parametrize("letters", ["XXXXXX", "X", "%3Cscript%3E", "B" * 500])
def test_there_is_no_such_room(phone: TestClient, letters: str, part: str) -> None:
    answer = phone.get(f"/room/{letters}{part}")
    assert answer.status_code == 404
    said = html.unescape(answer.text) if not part else answer.json()["message"]
    assert "no such room" in said
    assert "<script></script>" in answer.text or part  # nothing asks on
    assert "alert" not in answer.text


def test_only_who_opened_the_room_learns_how_many_have_voted(phone: TestClient, keys: RoomKeys) -> None:
    vote(phone, keys)
    address = f"/room/{keys.letters}/count"
    for code in ("", "x", "é".encode("latin-1"), keys.code[:-1]):
        answer = phone.get(address, headers={"X-Code": code})
        assert answer.status_code == 403
        assert "votes" not in answer.json()
    assert phone.get(address, headers={"X-Code": keys.written}).json() == {"votes": 1, "taken": True}


@pytest.mark.parametrize(
    "change",
    [
        {"choice": True},
        {"choice": 1.0},
        {"choice": "1"},
        {"choice": None},
        {"choice": 2},
        {"choice": -1},
        {"choice": 10**30},
        {"voter": 5},
        {"voter": "short"},
        {"voter": ["x"]},
        {"step": None},
        {"step": {}},
    ],
)
def test_what_is_no_vote_is_refused_with_a_sentence(
    phone: TestClient, keys: RoomKeys, rooms: Rooms, change: dict[str, object]
) -> None:
    answer = vote(phone, keys, **change)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")
    assert rooms.counts(keys, "masks-1") == (0, 0)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"3", b'"x"', b"null", b"{}", b"\xff\xfe", b"[" * 900, b'{"voter": NaN}']
)
def test_a_body_that_is_no_vote_is_refused(phone: TestClient, keys: RoomKeys, body: bytes) -> None:
    answer = phone.post(f"/room/{keys.letters}/vote", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_a_body_is_bounded_whether_or_not_it_says_its_length(phone: TestClient, keys: RoomKeys) -> None:
    long = json.dumps({"voter": VOTER, "step": "masks-1", "choice": 1, "more": "x" * 1000}).encode()
    for content in (long, iter([long[:500], long[500:], *[b"x"] * 1000])):
        answer = phone.post(f"/room/{keys.letters}/vote", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert "1,000" in answer.json()["message"]


def test_another_site_cannot_vote_with_a_form(phone: TestClient, keys: RoomKeys, rooms: Rooms) -> None:
    body = json.dumps({"voter": VOTER, "step": "masks-1", "choice": 1})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = phone.post(f"/room/{keys.letters}/vote", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400
    assert rooms.counts(keys, "masks-1") == (0, 0)
    assert "access-control-allow-origin" not in phone.options(f"/room/{keys.letters}/vote").headers


def test_each_address_takes_its_own_method_alone(phone: TestClient, keys: RoomKeys) -> None:
    assert phone.get(f"/room/{keys.letters}/vote").status_code == 405
    assert phone.post(f"/room/{keys.letters}/state").status_code == 405
