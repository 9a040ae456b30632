"""Fixtures that many tests share: the bundled model, and the three sentences that a visitor sees first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner

from model_utils.garbage import set_aside
from model_utils.models.loading import LoadedModel, ModelCache, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens.batch import TokenBatch, encode
from pages.common.caches import cache as caches
from pages.common.caches import cache_shared
from tests.tools.models import save_random

# No test is timed: a busy machine makes any example slow.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

MISSION = ("It will rain in the", "I want to eat a big bowl of", "My dog is")


@pytest.fixture(scope="session")
def tiny() -> LoadedModel:
    """Return the bundled model, loaded once for all tests; nobody may change it."""
    loaded = load_model(BUNDLED, BUNDLED_FOLDER)
    set_aside()  # Streamlit collects garbage after every run of a page, and would walk through all of torch
    return loaded


class Models(ModelCache):
    """A server's models, with one loaded before anybody asks."""

    def __init__(self, loaded: LoadedModel) -> None:
        super().__init__()
        self._models[loaded.entry] = loaded


@pytest.fixture
def bundled(tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the pages the model that the tests have already loaded: loading it anew would take longer than most tests."""
    models = Models(tiny)
    monkeypatch.setattr(caches, "model_cache", lambda: models)


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """Let the pages compute everything anew, and leave nothing to other tests."""
    cache_shared.clear()
    yield
    cache_shared.clear()


@pytest.fixture(scope="session")
def mission(tiny: LoadedModel) -> TokenBatch:
    """Return the padded batch of the three sentences, pads on the left."""
    return encode(tiny.tokenizer, MISSION)


@pytest.fixture(scope="session")
def full_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a GPT-2 of 124 million random weights, seeded, in float16 (261 MB; about 3 s to make)."""
    return save_random(tmp_path_factory.mktemp("full") / "gpt2", layers=12, heads=12, width=768, context=1024)


@pytest.fixture(scope="session", autouse=True)
def one_search_for_components() -> Iterator[None]:
    """Let Streamlit look through the installed packages for components once: else it does at every run of a page, for 0.2 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield
