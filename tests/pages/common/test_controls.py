"""Published controls: what a link may say, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model_utils.limits import MAX_SEED
from pages.common.controls import CONTROLS, fits_link, told_apart
from tests.tools.sentences import numbers

APP = Path(__file__).parents[3] / "app.py"

# The kinds of widget that a page can tell a value.
TELLING = ("slider", "number_input", "segmented_control", "pills", "radio", "selectbox", "text_input", "text_area")

PUBLISHED = {
    "model": "tiny-gpt2",
    "side": "left",
    "pad": 50256,
    "sentence": 0,
    "layer": 0,
    "head": 0,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 0.95,
    "seed": 0,
    "max_new_tokens": 40,
}


@pytest.mark.parametrize(("name", "default"), PUBLISHED.items())
def test_published_names_keep_their_defaults(name: str, default: object) -> None:
    assert CONTROLS[name].default == default
    assert CONTROLS[name].parse(str(default)) == default


@pytest.mark.parametrize(
    ("name", "raw", "bounds"),
    [
        ("side", "up", []),
        ("top_k", "many", [0, 50_257]),
        ("top_k", "2.5", [0, 50_257]),
        ("temperature", "hot", [0, 5]),
        ("temperature", "nan", [0, 5]),
        ("top_p", "1.5", [0, 1]),
        ("seed", "-1", [0, MAX_SEED]),
        ("layer", "-1", [0]),
        ("max_new_tokens", "0", [1, 200]),
    ],
)
def test_a_link_value_out_of_bounds_is_refused_with_what_it_takes(name: str, raw: str, bounds: list[float]) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        CONTROLS[name].parse(raw)
    assert str(refused.value) == CONTROLS[name].takes()
    assert numbers(str(refused.value)) == bounds
    assert all(option in str(refused.value) for option in CONTROLS[name].options)


def test_what_takes_whole_numbers_does_not_read_like_what_takes_any() -> None:
    assert CONTROLS["top_k"].takes(high=5) != CONTROLS["temperature"].takes(high=5)


def test_text_fits_a_link_up_to_4000_encoded_characters() -> None:
    assert fits_link("a" * 4000)
    assert not fits_link("a" * 4001)
    assert not fits_link("é" * 667)  # six encoded characters each


def _numbers_page() -> None:
    import streamlit as st

    from pages.common import controls

    controls.restore()
    controls.draw_notes()
    st.write(controls.number("layer", high=5))
    controls.number("seed")


def test_only_texts_that_come_more_than_once_bear_their_place() -> None:
    assert told_apart(["the", "cat", "the"]) == ["the (0)", "cat", "the (2)"]


def test_a_number_beyond_the_model_falls_back_and_says_so_until_it_is_changed() -> None:
    at = AppTest.from_function(_numbers_page)
    at.query_params["layer"] = "9"
    at.run()
    assert at.number_input(key="layer").value == 0
    (note,) = [line.value for line in at.info]
    assert CONTROLS["layer"].label in note
    assert numbers(note) == [9, 0, 5, 0]  # asked for, from, to, shown
    at.run()
    assert len(at.info) == 1
    at.number_input(key="layer").set_value(3).run()
    assert not at.info


def test_a_bad_link_value_is_named_and_the_default_stands_in() -> None:
    at = AppTest.from_function(_numbers_page)
    at.query_params["seed"] = "abc"
    at.run()
    (note,) = [line.value for line in at.info]
    assert "seed = `abc`" in note
    assert numbers(note) == [0, MAX_SEED, 0]  # from, to, shown
    assert at.number_input(key="seed").value == 0


@pytest.mark.parametrize("page", ["1_Tokens", "2_Masks", "3_Heads", "4_Mechanics", "5_Generate", "6_Compare"])
def test_a_page_drawn_again_tells_the_browser_no_value_that_it_has(page: str) -> None:
    """Such a value would come late and undo what the reader clicked meanwhile."""
    again = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{page}.py").run()
    for key in (key for key in ("_generate", "_compare") if key in again.session_state):
        assert again.session_state[key].run.job.wait(60)
    again.run()  # the texts have ended by now, and the widgets below them are there
    again.run()
    told = [one.key for kind in TELLING for one in again.get(kind) if one.proto.set_value]
    assert again.sidebar.text_area[0].value
    assert not told


def _changed_by_the_page() -> None:
    import streamlit as st

    from pages.common import controls

    controls.restore()
    if st.button("on", key="on"):
        controls.change(step=3)
        st.rerun()
    controls.number("step", high=5, slider=True)


def test_what_the_page_changes_reaches_the_browser_though_the_page_begins_anew() -> None:
    """The first of the two runs may not have sent it: the second has to."""
    at = AppTest.from_function(_changed_by_the_page).run().run()
    assert not at.slider(key="step").proto.set_value
    at.button(key="on").click().run()
    assert (at.slider(key="step").value, at.slider(key="step").proto.set_value) == (3, True)
    at.run()
    assert (at.slider(key="step").value, at.slider(key="step").proto.set_value) == (3, False)
