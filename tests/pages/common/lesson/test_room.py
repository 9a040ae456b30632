"""The room of a teacher's session: opened, moved with the lesson, counted, taken up again, ended."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lessons.loading import FOLDER_VARIABLE
from lessons.rooms import NoRoomError, RoomError, RoomKeys, Rooms
from pages.common.lesson import lesson_steps, room, room_panel
from pages.common.public_address import VARIABLE
from pages.common.voting import routes
from tests.tools.figures import figures, trace
from tests.tools.server import ROOT

STEP = lesson_steps.place("masks-1").step


pytestmark = pytest.mark.usefixtures("nothing_kept")


@pytest.fixture
def rooms(monkeypatch) -> Rooms:
    """Return rooms of their own, which pages and phones use."""
    own = Rooms()
    for module in (routes, room, room_panel):
        monkeypatch.setattr(module, "ROOMS", own)
    return own


def opened(page: str = "2_Masks", **link: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page(f"pages/{page}.py")
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def led(at: AppTest) -> RoomKeys:
    return at.session_state["_room_keys"]


def elements(at: AppTest, name: str) -> list[str]:
    """Return what the components of this name were sent."""
    return [one.proto.json for one in at.get("bidi_component") if one.proto.component_name.endswith(name)]


def test_a_room_is_opened_and_moves_with_the_lesson(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    keys = led(at)
    assert dict(at.query_params) == {"lesson": "masks-1", "room": keys.letters}
    seen = rooms.seen(keys.letters)
    assert (seen.state, seen.question.step) == ("asked", "masks-1")
    assert seen.question.choices == STEP.choices
    assert STEP.reveal not in repr(seen)
    assert STEP.note not in repr(seen)
    assert seen.right is None
    press(at, "lesson_reveal")
    assert rooms.seen(keys.letters).state == "counted"
    assert rooms.seen(keys.letters).right == STEP.answer - 1
    press(at, "lesson_next")
    assert rooms.seen(keys.letters).right is None
    assert rooms.seen(keys.letters).question.step == "masks-2"
    press(at, "lesson_back")
    assert rooms.seen(keys.letters).state == "counted"
    press(at, "lesson_leave")
    assert rooms.seen(keys.letters).state == "wait"


def test_the_count_is_live_before_reveal_and_the_bars_come_after(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    keys = led(at)
    for number, choice in enumerate((2, 2, 0)):
        rooms.vote(keys.letters, f"{number:016d}", "masks-1", choice)
    at.run()
    (sent,) = elements(at, "maskscope_vote_count")
    assert '"votes": 3' in sent.replace('":3', '": 3')
    assert f"/room/{keys.letters}/count" in sent
    assert "fig_votes" not in figures(at)
    press(at, "lesson_reveal")
    assert trace(figures(at)["fig_votes"], "votes", "x").tolist() == [1, 0, 2]
    assert not elements(at, "maskscope_vote_count")
    assert any(STEP.reveal in line.value.replace("\N{NO-BREAK SPACE}", " ") for line in at.markdown)


def test_a_question_that_was_revealed_too_early_is_asked_anew(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    keys = led(at)
    assert not [one for one in at.button if one.key == "room_ask_again"]
    rooms.vote(keys.letters, f"{1:016d}", "masks-1", 2)
    press(at, "lesson_reveal")
    press(at, "room_ask_again")
    assert rooms.seen(keys.letters).state == "asked"
    assert not figures(at)
    rooms.vote(keys.letters, f"{1:016d}", "masks-1", 0)
    press(at, "lesson_reveal")
    assert trace(figures(at)["fig_votes"], "votes", "x").tolist() == [1, 0, 0]


def test_an_open_room_covers_what_was_revealed_before(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "lesson_reveal")
    press(at, "room_open")
    assert rooms.seen(led(at).letters).state == "asked"
    assert not figures(at)


def test_the_table_to_take_home_has_every_step_that_was_asked(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    keys = led(at)
    rooms.vote(keys.letters, "0" * 16, "masks-1", 1)
    press(press(at, "lesson_reveal"), "lesson_next")
    assert {"csv_votes"} <= {button.key for button in at.get("download_button")}
    table = room_panel._table(keys)
    assert list(table.columns) == ["step", "question", "choice", "votes"]
    assert table["votes"].sum() == 1
    assert set(table["step"]) == {"masks-1", "masks-2"}


def test_a_step_without_choices_has_no_vote_and_the_phones_say_so(rooms: Rooms, tmp_path: Path, monkeypatch) -> None:
    step = "title: Talk\n    open: Masks?text=He\n    question: What do **you** see?\n    prompt: Talk.\n    reveal: This.\n"
    lesson = f"title: Mine\nneeds: nothing\nsteps:\n  - {step}    note: None.\n    minutes: 1\n"
    (tmp_path / "mine.yaml").write_text(lesson, encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    at = press(opened(lesson="mine-1"), "room_open")
    seen = rooms.seen(led(at).letters)
    assert (seen.state, seen.question.text) == ("no-vote", "What do you see?")
    assert not elements(at, "maskscope_vote_count")
    press(at, "lesson_reveal")
    assert "fig_votes" not in figures(at)
    assert rooms.table(led(at)) == []


def test_a_room_is_taken_up_again_after_a_reload_by_its_code_alone(rooms: Rooms) -> None:
    keys = led(press(opened(lesson="masks-1"), "room_open"))
    again = opened(lesson="masks-2", room=keys.letters)
    assert rooms.seen(keys.letters).question.step == "masks-1"  # it does not lead it yet
    assert len(again.warning) == 1
    assert again.text_input(key="room_letters").value == keys.letters
    again.text_input(key="room_code").set_value("BBBB-BBBB-BBBB")
    press(again, "room_take_up")
    assert len(again.warning) == 2  # it still does not, since the code is another one
    assert rooms.seen(keys.letters).question.step == "masks-1"
    again.text_input(key="room_code").set_value(keys.written.lower())
    press(again, "room_take_up")
    assert not again.warning
    assert rooms.seen(keys.letters).question.step == "masks-2"


def test_a_room_of_somebody_else_leaves_the_address_when_it_is_put_aside(rooms: Rooms) -> None:
    keys = led(press(opened(lesson="masks-1"), "room_open"))
    at = press(opened(lesson="masks-2", room=keys.letters), "room_not_mine")
    assert not at.warning
    assert dict(at.query_params) == {"lesson": "masks-2"}
    assert rooms.seen(keys.letters).question.step == "masks-1"


def test_the_votes_take_the_place_of_the_choice_of_who_leads(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    at.session_state["_chosen_answers"] = {"masks-1": 0}
    press(at, "lesson_reveal")
    assert "fig_votes" in figures(at)
    assert not any("-badge[" in line.value and STEP.choices[0] in line.value for line in at.markdown)


def test_the_code_is_shown_only_when_asked_for(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    assert not at.code
    at.toggle(key="room_show_code").set_value(True).run()
    assert at.code[0].value == led(at).written


def test_a_room_is_ended_and_its_letters_leave_the_address(rooms: Rooms) -> None:
    at = press(opened("7_Lessons"), "room_open")
    keys = led(at)
    assert rooms.seen(keys.letters).state == "wait"
    at.toggle(key="room_ends").set_value(True).run()
    press(at, "room_end")
    assert "room" not in at.query_params
    with pytest.raises(NoRoomError):
        rooms.seen(keys.letters)


def test_a_room_that_is_gone_is_said_once_and_another_one_can_be_opened(rooms: Rooms) -> None:
    at = press(opened(lesson="masks-1"), "room_open")
    rooms.end(led(at))
    at.run()
    assert len(at.warning) == 1
    assert "room" not in at.query_params
    press(at, "room_open")
    assert not at.warning


def test_a_full_server_says_so(rooms: Rooms, monkeypatch) -> None:
    def full(_: Rooms) -> RoomKeys:
        raise RoomError("full")

    monkeypatch.setattr(Rooms, "open", full)
    at = press(opened(lesson="masks-1"), "room_open")
    assert [line.value for line in at.warning] == ["full"]


def test_nobody_without_a_room_is_counted_or_moved(rooms: Rooms) -> None:
    press(opened(lesson="masks-1"), "lesson_reveal")
    assert not rooms._rooms


def test_the_address_of_a_room_is_that_which_the_operator_names(monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, " https://example.org/mask/ ")
    assert room.address("BCDFGH") == "https://example.org/mask/room/BCDFGH"
    assert not room.local()
    assert room.link("BCDFGH") == "[example.org/mask/room/BCDFGH](https://example.org/mask/room/BCDFGH)"


@pytest.mark.parametrize(
    ("url", "start", "local"),
    [
        ("http://localhost:8501/Masks", "http://localhost:8501/room/", True),
        ("http://192.168.1.7:8501/", "http://192.168.1.7:8501/room/", False),
        ("http://127.0.0.1:80", "http://127.0.0.1:80/room/", True),
    ],
)
def test_else_it_is_that_of_the_browser(url: str, start: str, local: bool, monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(type(st.context), "url", url)
    assert room.address("BCDFGH") == f"{start}BCDFGH"
    assert room.local() is local
