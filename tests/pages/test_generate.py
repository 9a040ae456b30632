"""The Generate page, run without a browser."""

from __future__ import annotations

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


def opened(**values: object) -> AppTest:
    """Return the page after its first text has been made."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    for name, value in {"max_new_tokens": 3, **values}.items():
        at.session_state[name] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return the page once the generation under way has ended."""
    assert at.session_state["_run"].job.wait(60)
    return at.run()


def texts(at: AppTest) -> list[list[int]]:
    return [[step.token_id for step in row] for row in at.session_state["_run"].rows()]


def traces(at: AppTest) -> dict[str, dict[str, object]]:
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    return {trace["name"]: trace for trace in figure["data"]}


def said(at: AppTest) -> str:
    return " ".join(line.value for line in at.text)


def test_the_first_visit_shows_texts_and_the_candidates_of_the_first_step() -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    assert [len(row) for row in texts(at)] == [3, 3, 3]
    assert {"drawn", "kept", "cut"} <= set(traces(at))
    assert "was the likeliest" in said(at)
    assert "50,257 words → 50 after top-k" in said(at)


def test_another_setting_keeps_the_text_and_says_what_it_was_made_with() -> None:
    at = opened()
    before = texts(at)
    at.slider(key="top_k").set_value(7)
    at.slider(key="temperature").set_value(0.5)
    at.run()
    assert texts(at) == before
    assert "made with temperature 1, top-k 50" in at.info[0].value
    at.button(key="generate").click()
    finished(at.run())
    assert not at.info
    assert "7 after top-k" in said(at)


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    at = opened(max_new_tokens=8)
    before = texts(at)
    at.button(key="generate").click()
    assert texts(finished(at.run())) == before
    at.number_input(key="seed").set_value(1)
    at.button(key="generate").click()
    assert texts(finished(at.run())) != before


def test_next_and_back_step_through_a_text_and_the_sentence_chooses_the_row() -> None:
    at = opened()
    at.button(key="next").click().run()
    at.button(key="next").click().run()
    at.button(key="next").click().run()
    assert at.slider(key="step").value == 3  # it stays at the last
    at.button(key="back").click().run()
    at.number_input(key="sentence").set_value(2).run()
    drawn = at.session_state["_run"].rows()[2][1].token_id
    assert traces(at)["drawn"]["customdata"][0][0] == drawn


def test_temperature_zero_is_said_to_be_greedy() -> None:
    assert "filters and dice have no effect" in said(opened(temperature=0.0))


def test_a_step_after_the_end_of_a_text_says_why_there_is_none() -> None:
    """`My dog is` ends by itself at step 12 under the default settings."""
    at = opened(max_new_tokens=14, sentence=2)
    at.slider(key="step").set_value(14).run()
    assert "drew end-of-text and fills with pads" in at.info[0].value


def test_a_link_beyond_the_slider_widens_it() -> None:
    at = opened(top_k=5000)
    assert at.slider(key="top_k").value == 5000
    assert not at.exception


def test_one_new_token_needs_no_slider_of_steps() -> None:
    at = opened(max_new_tokens=1)
    assert not at.exception
    assert "step" not in [slider.key for slider in at.slider]
    assert "drawn" in traces(at)


def test_a_sentence_that_fills_the_model_gives_one_sentence_with_both_numbers() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/5_Generate.py")
    at.session_state["text"] = "the" + " the" * 255
    at.run()
    assert not at.exception
    assert "reads 256" in at.error[0].value


def test_empty_text_is_told_and_the_last_text_stays() -> None:
    at = opened()
    at.text_area(key="text").set_value("  ").run()
    assert not at.exception
    assert "no sentence yet" in at.error[0].value
    assert at.get("plotly_chart")
