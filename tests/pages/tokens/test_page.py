"""The Tokens page on a cold start: every control changes what it should, bad input gives one sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model_utils.limits import MAX_WORD_CHARACTERS
from model_utils.tokens import batch
from model_utils.tokens.batch import BatchKey
from model_utils.tokens.padding import ragged_error
from pages.common.caches import cache_shared
from pages.tokens import answers
from pages.tokens.table import batch_json
from tests.tools.figures import array, figures

APP = Path(__file__).parents[3] / "app.py"


HALLS = (("right", "off"), ("right", "on"), ("left", "on"))


def opened(**values: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/1_Tokens.py")
    for name, value in {"from_file": True, **values}.items():
        at.session_state[name] = value
    return at.run()


def written(at: AppTest) -> str:
    return json.dumps(figures(at), ensure_ascii=False)


def test_the_first_thing_seen_is_the_three_sentences_as_one_padded_table(tiny, mission) -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    mask = figures(at)["fig_batch"]["data"][0]
    assert array(mask["z"]).tolist() == [[0, 0, 0, 1, 1, 1, 1, 1], [1] * 8, [0, 0, 0, 0, 0, 1, 1, 1]]
    assert [cell[0] for cell in mask["customdata"][2]] == [50256] * 5 + [3666, 3290, 318]
    assert [cell[1] for cell in mask["customdata"][0]] == [0, 0, 0, 0, 1, 2, 3, 4]
    assert any("<|endoftext|>" in text.value for text in at.text)
    assert list(figures(at)) == ["fig_batch", "fig_next"]
    assert opened(topic="why-padding").code[-1].value == ragged_error(tiny.tokenizer, mission.texts)


def test_the_side_switch_moves_the_pads_and_dots_the_last_column() -> None:
    at = opened(side="right")
    assert array(figures(at)["fig_batch"]["data"][0]["z"]).tolist()[2] == [1, 1, 1, 0, 0, 0, 0, 0]
    assert dotted(at)
    assert ticks(at, "fig_next") == (1, 2)
    at.session_state["side"] = "left"
    at.run()
    assert array(figures(at)["fig_batch"]["data"][0]["z"]).tolist()[2] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert not dotted(at)
    assert ticks(at, "fig_next") == (0, 0)


def dotted(at: AppTest) -> bool:
    """Return whether the key of the batch names dotted places: where the last column is a pad."""
    return any("dotted" in note["text"] for note in figures(at)["fig_batch"]["layout"]["annotations"])


def test_a_hall_sees_fewer_words_where_two_readings_stand_below_each_other() -> None:
    shown = [array(figures(opened(side=side, present=hall))["fig_next"]["data"][0]["y"]).size for side, hall in HALLS]
    assert shown == [3 * 2 * 5, 3 * 2 * answers.WORDS_IN_HALL, 3 * 5]


def test_another_pad_id_changes_the_pads_and_no_tick() -> None:
    at = opened(pad=464, topic="alone")
    assert figures(at)["fig_batch"]["data"][0]["customdata"][0][0][0] == 464
    assert any(text.value.split()[-1] == "The." for text in at.text)
    assert not any("<|endoftext|>" in text.value for text in at.text)
    assert ticks(at) == (5, 4)


def ticks(at: AppTest, name: str = "fig_independence") -> tuple[int, int]:
    """Return how many answers of a figure are ticked and how many crossed."""
    texts = [note["text"] for note in figures(at)[name]["layout"]["annotations"]]
    return sum(text.startswith("✓") for text in texts), sum("✗" in text for text in texts)


def test_broken_positions_are_crossed_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(topic="alone")
    assert ticks(at) == (5, 4)
    assert not at.error
    titles = [note["text"] for note in figures(at)["fig_independence"]["layout"]["annotations"] if "→" in note["text"]]
    assert ["My dog is" in title for title in titles] == [False, False, True]  # the order of the table
    monkeypatch.setattr(batch, "positions", lambda mask: np.broadcast_to(np.arange(mask.shape[1]), mask.shape).copy())
    cache_shared.clear()
    at = opened(topic="alone")
    cache_shared.clear()
    assert ticks(at) == (3, 6)
    assert len(at.error) == 1


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("", []),
        ("a\n" * 17, ["17", "16"]),
        ("word " * 10_000, ["50,000", "20,000"]),
        ("a" + " a" * 256, ["257", "256"]),
    ],
)
def test_text_out_of_bounds_gives_one_sentence_and_the_merges_stay(text: str, bounds: list[str]) -> None:
    at = opened(text=text, topic="bytes")
    assert not at.exception
    (error,) = at.error
    assert re.findall(r"\d[\d,]*\b", error.value) == bounds
    assert list(figures(at)) == ["fig_merges"]


@pytest.mark.parametrize(
    "text",
    [
        "I",
        "🦊 fox",
        "مرحبا بالعالم\n你好",
        "<script>alert(1)</script>\n<b>bold</b> [a](b) $x$ `c`",
        "a\x00b\x1b\u202e\nc\x0bd",
        "<|endoftext|>\nMy dog <|endoftext|> is",
    ],
)
def test_whatever_is_typed_gives_a_table(text: str) -> None:
    at = opened(text=text)
    assert not at.exception
    assert not at.error
    found = figures(at)
    assert len(array(found["fig_batch"]["data"][0]["z"]).tolist()) == len(text.split("\n"))
    assert "<script>" not in written(at)


def test_a_trailing_space_is_marked_and_explained() -> None:
    at = opened(text="My dog is \nMy dog is")
    (warning,) = at.warning
    assert "“My dog is␣”" in warning.value
    assert [cell[2] for cell in figures(at)["fig_batch"]["data"][0]["customdata"][0]][-1] == "␣"


def test_the_side_can_be_chosen_only_where_there_are_pads() -> None:
    sides = [opened(text=text).get("button_group")[0].proto for text in ("My dog is\nMy dog", "My dog is\nIt rains so")]
    assert [side.disabled for side in sides] == [False, True]
    assert sides[0].help != sides[1].help


def test_an_id_that_is_none_is_refused_and_the_one_before_stays_in_force() -> None:
    at = opened(pad=464)
    for asked in (50257, -1):
        at.number_input(key="pad").set_value(asked).run()
        assert not at.exception
        assert at.number_input(key="pad").value == 464
        assert sum(str(asked) in line.value and "464" in line.value for line in at.text) == 1
    for taken in (262, 464):  # the second: what was in force when the id was refused
        at.number_input(key="pad").set_value(taken).run()
        assert not any("-1" in line.value for line in at.text)


def test_rows_of_one_length_need_no_pads() -> None:
    at = opened(text="My dog is\nYour cat was")
    assert array(figures(at)["fig_batch"]["data"][0]["z"]).tolist() == [[1, 1, 1]] * 2
    assert not at.error
    for topic in ("next-word", "why-padding", "alone"):
        alike, ragged = (opened(topic=topic, **one) for one in ({"text": "My dog is\nYour cat was"}, {}))
        assert all(one.language == "python" for one in alike.code)  # none shows an error
        own = {line.value for line in alike.markdown} - {line.value for line in ragged.markdown}
        assert len(own) == (1 if topic == "next-word" else 2)  # no pads; no error of the library; no wrong answer


def test_a_long_batch_opens_a_window_at_the_read_column_and_a_button_leads_back() -> None:
    at = opened(text="a" + " a" * 99 + "\nMy dog is", side="right")
    mask = figures(at)["fig_batch"]["data"][0]
    assert len(array(mask["z"]).tolist()[0]) == 64
    at.button(key="_to_99").click().run()
    assert array(figures(at)["fig_batch"]["data"][0]["z"]).tolist()[1] == [0] * 64
    at.slider[0].set_value(0).run()
    assert array(figures(at)["fig_batch"]["data"][0]["z"]).tolist()[1][:4] == [1, 1, 1, 0]


def test_a_word_is_merged_and_an_example_fills_the_box() -> None:
    at = opened(topic="bytes")
    assert "24,223" in json.dumps(figures(at)["fig_merges"])
    at.button(key="_word_Emoji").click().run()
    assert at.text_input(key="word").value == "🦊"
    assert "‹F0 9F›" in json.dumps(figures(at)["fig_merges"], ensure_ascii=False)
    at.text_input(key="word").set_value("a" * 65).run()
    (error,) = at.error
    assert re.findall(r"\d+", error.value) == ["65", str(MAX_WORD_CHARACTERS)]


def test_costly_runs_are_asked_for_and_show_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.tokens.answers.UNASKED_OPERATIONS", 0)
    at = opened(topic="alone")
    assert "fig_independence" not in figures(at)
    at.button(key="_ask_independence").click().run()
    assert ticks(at) == (5, 4)


def test_the_batch_is_saved_as_the_model_takes_it(mission) -> None:
    found = json.loads(batch_json(BatchKey("tiny-gpt2", mission.texts)))
    assert list(found) == ["input_ids", "attention_mask", "position_ids"]
    for name, rows in found.items():
        assert np.array_equal(rows, getattr(mission, name))


@pytest.mark.parametrize(
    ("name", "content", "text", "said"),
    [
        ("two.txt", b"One\n\nTwo", "One\nTwo", False),
        ("many.csv", b"a,1\n" * 20, "\n".join("a" * 16), True),
        ("odd.txt", b"\xff\xfe", None, True),
    ],
)
def test_sentences_come_from_a_file_with_one_sentence_for_what_does_not_fit(name, content, text, said) -> None:
    at = opened()
    before = at.session_state["text"]
    at.get("file_uploader")[0].set_value((name, content, "text/plain")).run()
    assert at.session_state["text"] == (text or before)
    assert len(at.warning) == said
    assert not at.exception


def test_a_run_that_another_overtook_puts_no_row_in_twice() -> None:
    results: list[str] = []

    def overtaken(rows: range) -> tuple[str, ...]:
        found = tuple(f"row {row}" for row in rows)
        results.extend(found)  # the other run was faster
        return found

    answers._run((range(2),), results, overtaken)
    assert results == ["row 0", "row 1"]
