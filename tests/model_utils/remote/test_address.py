"""Where models run, as the operator says it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model_utils.errors import ModelLostError
from model_utils.remote.address import VARIABLE, address, is_set, places
from pages.common.caches import cache_shared
from tests.tools.server import ROOT


@pytest.mark.parametrize("told", ["local", "auto", "head:6379", "10.0.0.7:6379", "[fd00::7]:6379", " auto "])
def test_a_cluster_is_named_by_one_of_two_words_or_by_host_and_port(told: str) -> None:
    assert address({VARIABLE: told}) == told.strip()


@pytest.mark.parametrize(
    "told", ["yes", "head", "head:0", "head:65536", "ray://head:10001", "http://head:6379", "a b:1"]
)
def test_anything_else_is_refused_with_the_value_in_the_sentence(told: str) -> None:
    with pytest.raises(ModelLostError, match=VARIABLE) as refused:
        address({VARIABLE: told})
    assert repr(told) in str(refused.value)


def test_who_waits_for_replicas_takes_no_core() -> None:
    assert not is_set({})
    assert not is_set({VARIABLE: " "})
    assert places(here=2, environment={}) == 2
    assert places(here=2, environment={VARIABLE: "auto"}) > 1000


@pytest.mark.parametrize("page", ["app.py", "pages/2_Masks.py", "pages/3_Heads.py", "pages/5_Generate.py"])
def test_pages_say_in_one_sentence_what_is_wrong_with_the_setting(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")
    cache_shared.clear()
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at = (at if page == "app.py" else at.switch_page(page)).run()
    cache_shared.clear()
    assert not at.exception
    assert ["nonsense" in one.value for one in at.error] == [True]
