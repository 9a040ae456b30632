"""Published controls: what a link may say, and what is said when it cannot be."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.common.controls import CONTROLS, fits_link

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
    ("name", "raw", "allowed"),
    [
        ("side", "up", "left or right"),
        ("top_k", "many", "a whole number"),
        ("top_k", "2.5", "a whole number"),
        ("temperature", "hot", "a number"),
        ("temperature", "nan", "a number from 0 to 5"),
        ("top_p", "1.5", "0 to 1"),
        ("seed", "-1", "0 to"),
        ("layer", "-1", "a whole number from 0 up"),
        ("max_new_tokens", "0", "1 to 200"),
    ],
)
def test_a_link_value_out_of_bounds_is_refused_with_what_it_takes(name: str, raw: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        CONTROLS[name].parse(raw)


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


def test_a_number_beyond_the_model_falls_back_and_says_so_until_it_is_changed() -> None:
    at = AppTest.from_function(_numbers_page)
    at.query_params["layer"] = "9"
    at.run()
    assert at.number_input(key="layer").value == 0
    assert [line.value for line in at.info] == ["Layer 9 is not there, it takes a whole number from 0 to 5: showing 0."]
    at.run()
    assert len(at.info) == 1
    at.number_input(key="layer").set_value(3).run()
    assert not at.info


def test_a_bad_link_value_is_named_and_the_default_stands_in() -> None:
    at = AppTest.from_function(_numbers_page)
    at.query_params["seed"] = "abc"
    at.run()
    assert [line.value for line in at.info] == [
        "The link asks for seed = `abc`, but it takes a whole number from 0 to 2,147,483,647: showing 0."
    ]
    assert at.number_input(key="seed").value == 0
