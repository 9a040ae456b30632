"""What every page offers of itself: Reset sets its controls back, present mode lays it out for a hall."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import frame
from pages.common.link_parameters import CONTROLS, ON_PAGE
from tests.tools.figures import figures
from tests.tools.server import ROOT

FILES = {("MaskScope" if label == "Home" else label): path for path, label in frame.MENU}


pytestmark = pytest.mark.usefixtures("nothing_kept")


def opened(page: str, **link: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if page != "MaskScope":
        at.switch_page(FILES[page])
    for name, raw in {"max_new_tokens": "2", **link}.items():
        at.query_params[name] = raw
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("page", FILES)
def test_every_control_that_a_page_draws_is_one_that_its_reset_sets_back(page: str) -> None:
    at = opened(page)
    kinds = ("number_input", "slider", "selectbox", "button_group", "text_input", "text_area")
    drawn = {element.key for kind in kinds for element in at.get(kind)} & set(CONTROLS)
    assert drawn - {"model", "text"} <= set(ON_PAGE[page])
    assert set(ON_PAGE[page]) <= set(CONTROLS)


def test_reset_sets_a_pages_controls_back_and_leaves_text_and_other_pages() -> None:
    at = opened("Heads", layer="2", head="5", closer="lines", text="He shook his", seed="7", present="on")
    at.button(key="reset_page").click().run()
    assert not at.exception
    kept = {"text": "He shook his", "seed": "7", "max_new_tokens": "2", "present": "on"}
    assert {name: at.query_params[name] for name in kept} == kept
    assert "closer" not in at.query_params
    assert (at.session_state["layer"], at.session_state["head"]) == (3, 2)  # the head that the page opens on


def test_in_a_lesson_reset_goes_back_to_the_step() -> None:
    at = opened("Mechanics", lesson="masks-6", head="2")
    assert at.session_state["head"] == 2
    at.button(key="reset_page").click().run()
    assert (at.session_state["head"], at.session_state["stage"]) == (4, "weight")
    assert at.query_params["lesson"] == "masks-6"


def test_in_a_hall_a_head_says_its_name_on_its_figure_in_large_type() -> None:
    near, far = (figures(opened("Heads", present=mode))["fig_head"]["layout"] for mode in ("off", "on"))
    assert "title" not in near
    assert "Layer 3, head 2" in far["title"]["text"]
    assert far["title"]["font"]["size"] >= 27
    assert far["xaxis"]["tickfont"]["size"] > 27 > near["xaxis"]["tickfont"]["size"]


def test_present_mode_is_switched_by_its_button_and_kept_in_the_address() -> None:
    at = opened("Tokens")
    at.button(key="present_switch").click().run()
    assert at.query_params["present"] == "on"
    at.button(key="present_switch").click().run()
    assert "present" not in at.query_params
