"""What stands below a saved picture says what the page was set to."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model_utils.models.registry import BUNDLED_ID
from pages.common.caption import QUOTED
from tests.tools.figures import settings
from tests.tools.server import ROOT

TEXT = "The cat sat on"


def captions(page: str, figure: str, **values: object) -> list[str]:
    """Return the caption of a figure of a page."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(page)
    for name, value in {"text": TEXT, **values}.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return settings(at, figure)["caption"]


def test_a_head_says_which_it_is_of_which_sentence_in_which_model():
    found = captions("pages/3_Heads.py", "head", layer=2, head=1)
    assert "layer 2, head 1" in found[0]
    assert found[1:] == [f"“{TEXT}”, model {BUNDLED_ID}."]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"weights": "1:0"}, "“␣cat”"),
        ({"pattern": "window", "width": 2}, "width 2"),
        ({"padding": "off"}, "the padding may be read"),
    ],
)
def test_what_is_in_force_on_masks_is_said(values: dict[str, object], said: str):
    found = captions("pages/3_Heads.py", "head", layer=0, head=0, **values)
    assert len(found) == 3
    assert said in found[2]


def test_without_it_heads_says_nothing_of_it():
    assert len(captions("pages/3_Heads.py", "head", layer=0, head=0, weights="1:0", under="off")) == 2


def test_the_chosen_sentence_of_several_is_quoted_and_a_long_one_is_cut():
    long = "word " * 100
    assert "“A second one”" in captions("pages/3_Heads.py", "head", text=f"{TEXT}\nA second one", sentence=1)[1]
    quoted = captions("pages/3_Heads.py", "head", text=long)[1]
    assert quoted.startswith(f"“{long[: QUOTED - 1]}…”")


def test_the_padded_batch_counts_its_sentences():
    assert captions("pages/1_Tokens.py", "batch", text=f"{TEXT}\nA second one")[1].startswith("2 sentences, the first")


def test_generate_says_how_it_drew_whatever_the_sliders_say_by_now():
    at = made("5_Generate", max_new_tokens=2, temperature=0.7, top_k=5, top_p=1.0, seed=3)
    expected = [f"“{TEXT}”, model {BUNDLED_ID}.", "Temperature 0.7, top-k 5, seed 3."]
    assert settings(at, "candidates")["caption"][1:] == expected
    at.slider(key="temperature").set_value(1.5).run()
    assert settings(at, "candidates")["caption"][1:] == expected


def test_a_beam_search_says_so_and_what_its_text_may_not_read():
    found = settings(made("5_Generate", max_new_tokens=2, num_beams=3, weights="1:0"), "beam_tree")["caption"]
    assert "“␣cat”" in found[2]
    assert found[3].startswith("Beam search, 3 beams")


@pytest.mark.parametrize(
    ("plot", "figure", "said"),
    [("map", "surface", "top-p 0.9"), ("metrics", "measures", "temperature 0.7, top-k 50; top-p 0.9")],
)
def test_compare_names_the_row_in_view_or_all_rows(plot: str, figure: str, said: str):
    at = made("6_Compare", plot=plot, settings="t0.7,k50;p0.9", row=1, seed=4, max_new_tokens=2)
    assert settings(at, figure)["caption"][1:] == [f"“{TEXT}”, model {BUNDLED_ID}.", f"Settings: {said}; seed 4."]


def made(page: str, **values: object) -> AppTest:
    """Return a page with its texts made."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(f"pages/{page}.py")
    for name, value in {"text": TEXT, **values}.items():
        at.session_state[name] = value
    at.run()
    assert at.session_state["_" + page.partition("_")[2].lower()].run.job.wait(60)
    return at.run()
