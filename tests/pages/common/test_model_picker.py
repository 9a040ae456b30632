"""The picker shows the chosen model or says why not, and never swaps it silently."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from streamlit.testing.v1 import AppTest

from model_utils.errors import ModelError, ModelTooLargeError
from model_utils.models import download
from model_utils.models.memory import check_memory
from model_utils.models.registry import BUNDLED, registry
from pages.common import model_picker
from pages.common.markdown import literal
from tests.tools.hub import Hub
from tests.tools.models import entry_of, save_random
from tests.tools.sentences import numbers


def script() -> None:
    import streamlit as st

    from pages.common import controls, model_picker

    controls.restore()
    above = st.container()
    with st.sidebar:
        entry = model_picker.pick(above)
    controls.draw_notes()
    st.text(f"shown: {model_picker.tag(entry)}")
    model_picker.door(entry)
    model_picker.offer_gpt2(entry)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("picker") / "sound")


@pytest.fixture
def damaged(sound: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(sound, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"cut")
    return folder


@pytest.fixture(autouse=True)
def surroundings(sound: Path, damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    pairs = (f"mine={sound}", f"damaged={damaged}", f"nowhere={tmp_path / 'nowhere'}")
    monkeypatch.setenv("MASKSCOPE_FOLDERS", os.pathsep.join(pairs))


@pytest.fixture
def hub(sound: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return a hub with a small model in the place of GPT-2."""
    entry = entry_of(sound, "gpt2", source="hub", location="openai-community/gpt2", download_mb=2)
    for module in ("model_picker", "caches.cache"):
        monkeypatch.setattr(f"pages.common.{module}.registry", lambda: {"tiny-gpt2": BUNDLED, "gpt2": entry})
    with Hub(models={entry.location: sound}) as running:
        running.stand_in(monkeypatch)
        yield running


def opened(model: str | None = None) -> AppTest:
    at = AppTest.from_function(script, default_timeout=60)
    if model is not None:
        at.query_params["model"] = model
    return healthy(at.run())


def healthy(at: AppTest) -> AppTest:
    assert not at.exception
    return at


def choose(at: AppTest, model: str) -> AppTest:
    return healthy(at.selectbox(key="model").select(model).run())


def named(text: str) -> set[str]:
    """Return the models that a sentence names."""
    return {*re.findall(r"[\w-]+", text)} & {*registry()}


def warned(at: AppTest) -> set[str]:
    """Return the models that the one warning of the main part names: the chosen one and the one that is shown."""
    (warning,) = [element.value for element in at.main.warning]
    return named(warning)


def way_out(at: AppTest) -> str:
    """Return the one button that is offered to get the chosen model; empty where there is none."""
    keys = [str(button.key) for button in at.button if button.key in ("fetch_model", "stop_fetching", "retry_model")]
    assert len(keys) <= 1
    return "".join(keys)


def shown(at: AppTest) -> str:
    return at.text[0].value.removeprefix("shown: ").partition(":")[0]


def finish(at: AppTest) -> AppTest:
    """Return the page after the download that it has started has ended."""
    job = at.session_state["_models_watched"]["gpt2"]
    assert job.wait(60)
    return healthy(at.run())


def test_the_bundled_model_is_first_and_says_what_it_is():
    at = opened()
    assert list(at.selectbox(key="model").options) == list(registry())
    assert at.text[0].value == f"shown: {model_picker.tag(BUNDLED)}"
    assert BUNDLED.about in at.text[0].value
    assert numbers(at.sidebar.caption[0].value) == [8, 8, 384, 34, 256, 134]
    assert not at.warning


def test_a_model_that_is_not_here_leaves_the_page_with_the_bundled_one_and_says_so():
    at = opened("gpt2")
    assert shown(at) == "tiny-gpt2"
    assert 548 in numbers(at.sidebar.markdown[0].value)
    assert "openai-community/gpt2" in at.sidebar.markdown[0].value
    assert way_out(at) == "fetch_model"
    assert numbers(at.button(key="fetch_model").label) == [548]
    assert warned(at) == {"gpt2", "tiny-gpt2"}
    assert not at.error


def test_a_folder_of_the_operator_is_shown_once_it_is_loaded():
    at = opened("mine")
    assert shown(at) == "mine"
    assert not at.warning


def test_the_page_goes_on_with_the_model_it_had():
    at = choose(opened("mine"), "gpt2")
    assert shown(at) == "mine"
    assert warned(at) == {"gpt2", "mine"}
    assert shown(choose(at, "tiny-gpt2")) == "tiny-gpt2"
    assert not at.warning


def test_a_damaged_model_is_one_sentence_until_it_is_mended(damaged: Path, sound: Path):
    at = opened("damaged")
    assert shown(at) == "tiny-gpt2"
    (error,) = [element.value for element in at.sidebar.error]
    assert "damaged" in named(error)
    assert "model.safetensors" in error
    assert way_out(at) == "retry_model"
    assert warned(at) == {"damaged", "tiny-gpt2"}
    shutil.copy(sound / "model.safetensors", damaged / "model.safetensors")
    assert shown(healthy(at.run())) == "tiny-gpt2", "nothing changes without being asked"
    at.button(key="retry_model").click().run()
    assert shown(healthy(at)) == "damaged"
    assert not at.error


def test_a_folder_that_is_not_there_is_one_sentence():
    at = opened("nowhere")
    (error,) = [element.value for element in at.sidebar.error]
    assert "nowhere" in named(error)
    assert "config.json" in error
    assert way_out(at) == "retry_model"
    assert shown(at) == "tiny-gpt2"


@pytest.mark.parametrize("asked", ["xyz", "**bold**", "<b>x</b>", ""])
def test_a_link_to_a_model_that_is_not_offered_says_so_and_shows_the_bundled_one(asked: str):
    at = opened(asked)
    assert shown(at) == "tiny-gpt2"
    (note,) = [element.value for element in at.info]
    assert named(note) == {"tiny-gpt2"}
    assert not asked or asked not in note


def test_a_model_beyond_the_memory_is_refused_with_both_numbers_before_any_download(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("model_utils.models.memory.total_mb", lambda: 4000.0)
    at = opened("gpt2-xl")
    with pytest.raises(ModelTooLargeError) as refused:
        check_memory(registry()["gpt2-xl"], 4000.0)
    assert [element.value for element in at.sidebar.error] == [str(refused.value)]
    assert {6730, 4000} <= {*numbers(str(refused.value))}
    assert way_out(at) == "retry_model"


def test_fetching_brings_the_chosen_model_onto_the_page(hub: Hub):
    at = opened("gpt2")
    assert numbers(at.button(key="fetch_model").label) == [2]
    healthy(at.button(key="fetch_model").click().run())
    at = finish(at)
    assert shown(at) == "gpt2"
    assert not at.warning
    assert at.text[0].value == f"shown: {model_picker.tag(model_picker.registry()['gpt2'])}"
    assert "openai-community/gpt2" in at.text[0].value


def test_a_download_under_way_can_be_stopped_by_any_session(hub: Hub):
    import threading

    hub.hold = threading.Event()
    at = opened("gpt2")
    missing, offer = at.main.warning[0].value, at.button(key="fetch_model").label
    healthy(at.button(key="fetch_model").click().run())
    assert way_out(at) == "stop_fetching"
    assert warned(at) == {"gpt2", "tiny-gpt2"}
    assert at.main.warning[0].value != missing
    other = opened("gpt2")
    healthy(other.button(key="stop_fetching").click().run())
    hub.hold.set()
    at = finish(at)
    assert shown(at) == "tiny-gpt2"
    assert at.button(key="fetch_model").label == offer
    assert numbers(offer) == [2]


def test_a_hub_that_cannot_be_reached_is_one_sentence_and_a_second_try(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")
        at = opened("gpt2")
        first_offer = at.button(key="fetch_model").label
        healthy(at.button(key="fetch_model").click().run())
        at = finish(at)
    error = at.session_state["_models_watched"]["gpt2"].error
    assert isinstance(error, ModelError)
    assert [element.value for element in at.sidebar.error] == [literal(str(error))]
    assert "gpt2" in named(str(error))
    assert numbers(at.button(key="fetch_model").label) == [548]
    assert at.button(key="fetch_model").label != first_offer  # a second try
    assert shown(at) == "tiny-gpt2"
    assert download.under_way(registry()["gpt2"]) is None


def test_the_table_of_all_models_tells_shape_place_and_sizes():
    table = model_picker.table(registry()).set_index("Model")
    figures = {model: [numbers(cell) for cell in row if cell] for model, row in table.drop(columns="Where").iterrows()}
    assert figures["gpt2-xl"] == [[48], [25], [1600], [1558], [6432], [6230]]
    assert figures["tiny-gpt2"] == [[8], [8], [384], [34], [], [134]]
    assert figures["nowhere"] == [[]]
    assert table.loc["mine", "Download"] == table.loc["tiny-gpt2", "Download"]  # nothing
    assert "openai-community/gpt2-xl" in table.loc["gpt2-xl", "Where"]
    assert len({table.loc[model, "Where"] for model in ("tiny-gpt2", "mine", "nowhere", "gpt2-xl")}) == 4


def test_the_table_opens_from_the_name_of_the_model():
    at = opened()
    healthy(at.button(key="all_models").click().run())
    assert "gpt2-xl" in at.table[0].value.index


def test_gpt2_is_offered_where_it_is_on_this_computer(hub: Hub):
    at = opened()
    assert "use_gpt2" not in {button.key for button in at.button}
    healthy(choose(at, "gpt2").button(key="fetch_model").click().run())
    job = download.under_way(registry()["gpt2"])
    if job is not None:
        job.wait(30)
    at = opened()
    healthy(at.button(key="use_gpt2").click().run())
    assert at.session_state["model"] == "gpt2"


def test_one_click_leads_back_from_a_model_that_is_not_here():
    at = choose(opened(), "gpt2")
    healthy(at.button(key="back_to_model").click().run())
    assert at.session_state["model"] == "tiny-gpt2"
    assert not at.main.warning


def test_a_server_that_fetches_nothing_offers_no_fetching(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MASKSCOPE_FETCH", "off")
    at = choose(opened(), "gpt2")
    assert way_out(at) == ""
    assert len(at.sidebar.caption) == 2
