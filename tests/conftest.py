"""Fixtures that many tests share: the bundled model, and the three sentences that a visitor sees first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens.batch import TokenBatch, encode
from tests.tools.models import save_random

# No test is timed: a busy machine makes any example slow.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

MISSION = ("It will rain in the", "I want to eat a big bowl of", "My dog is")


@pytest.fixture(scope="session")
def tiny() -> LoadedModel:
    """Return the bundled model, loaded once for all tests; nobody may change it."""
    return load_model(BUNDLED, BUNDLED_FOLDER)


@pytest.fixture(scope="session")
def mission(tiny: LoadedModel) -> TokenBatch:
    """Return the padded batch of the three sentences, pads on the left."""
    return encode(tiny.tokenizer, MISSION)


@pytest.fixture(scope="session")
def full_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a GPT-2 of 124 million random weights, seeded, in float16 (261 MB; about 3 s to make)."""
    return save_random(tmp_path_factory.mktemp("full") / "gpt2", layers=12, heads=12, width=768, context=1024)
