"""Fixtures that many tests share: the bundled model, and the three sentences that a visitor sees first."""

from __future__ import annotations

import pytest

from model_utils.loading import LoadedModel, load_model
from model_utils.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.tokens import TokenBatch, encode

MISSION = ("It will rain in the", "I want to eat a big bowl of", "My dog is")


@pytest.fixture(scope="session")
def tiny() -> LoadedModel:
    """Return the bundled model, loaded once for all tests; nobody may change it."""
    return load_model(BUNDLED, BUNDLED_FOLDER)


@pytest.fixture(scope="session")
def mission(tiny: LoadedModel) -> TokenBatch:
    """Return the padded batch of the three sentences, pads on the left."""
    return encode(tiny.tokenizer, MISSION)
