"""Whatever a link says: no page fails, and where a page says what it shows, the control has that value."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from pages.common import frame
from pages.common.caches import cache_shared
from pages.common.link_parameters import CONTROLS
from tests.tools.server import ROOT

PAGES = tuple(path for path, _ in frame.MENU)
# What numbers, ids and texts have choked on elsewhere.
NONSENSE = (
    *("", " ", "inf", "-inf", "nan", "1e999", "9" * 400, "2.0", "1e1", "1.5", "-1", "+3", "0x10", "1_000", "٣", "True"),
    *("None", "null", "[]", "{}", "<script>alert(1)</script>", "![x](https://example.org/x.png)", "www.example.org"),
    *("../../etc/passwd", "1:0", "0:0,0:0", "99:0.5", "5-2", "99-99", "causal", "tiny-gpt2", "no such model"),
    *("\u202e", "\u0000", "🦊", "مرحبا", "`", "$x$", ":material/home:"),
)
FEW = "My dog is\nHe"


def links() -> some.SearchStrategy[dict[str, str]]:
    """Return links with a few published names, each with nonsense, with text, or with a small number."""
    told = some.sampled_from(NONSENSE) | some.text(max_size=12) | some.integers(-3, 70).map(str)
    names = [name for name in CONTROLS if name != "text"]
    return some.dictionaries(some.sampled_from(names), told, min_size=2, max_size=8)


@pytest.mark.parametrize("page", PAGES)
def test_no_link_breaks_a_page_and_what_a_note_says_is_shown(page: str) -> None:
    @settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(link=links())
    def hold(link: dict[str, str]) -> None:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        if page != "app.py":
            at.switch_page(page)
        at.session_state["text"] = FEW
        at.session_state["max_new_tokens"] = 2
        for name, raw in link.items():
            at.query_params[name] = raw
        at.run()
        assert not at.exception, link
        notes = at.session_state["_notes"]
        for line in at.info:
            for name in (name for name, (note, _) in notes.items() if note == line.value and f"{name} = " in note):
                assert at.session_state[name] == CONTROLS[name].default, (link, line.value)
        for line in (*at.info, *at.error, *at.markdown):
            assert not re.search(r"(?<!`)(https?://|www\.|(?<!\\)!\[)(?![^`]*`)", line.value), line.value

    cache_shared.clear()
    hold()


@pytest.mark.parametrize("raw", ["inf", "1e999", "9" * 400, "2.0", "", "1.5"])
@pytest.mark.parametrize("name", ["layer", "seed", "top_k", "pad"])
def test_a_value_that_no_number_holds_leaves_the_address(name: str, raw: str) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/1_Tokens.py")
    at.query_params[name] = raw
    at.run()
    assert not at.exception
    assert name not in at.query_params
    assert at.session_state[name] == CONTROLS[name].default
    assert len([line for line in at.info if f"{name} = " in line.value]) == 1


def test_a_repeated_parameter_is_read_and_written_once() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/3_Heads.py")
    at.query_params["layer"] = ["1", "2"]
    at.run()
    assert at.session_state["layer"] == 2
    assert at.number_input(key="layer").value == 2
    assert at.query_params["layer"] == "2"
