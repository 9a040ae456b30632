"""What the bundled model's card says, held against the weights beside it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model_utils.distributions import entropy_bits
from model_utils.heads.measures import habits
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import attention_maps
from model_utils.models.next_word import next_probabilities
from model_utils.models.registry import BUNDLED, BUNDLED_FOLDER
from model_utils.models.seen_tokens import seen_tokens
from model_utils.tokens.batch import encode
from training.card import card, named, strongest
from training.evaluate import FLAT, PEAKED, next_word, writing


@pytest.fixture(scope="module")
def figures() -> dict:
    return json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))


def probabilities(tiny, text: str, spec: MaskSpec | None = None) -> np.ndarray:
    batch = encode(tiny.tokenizer, (text,))
    return next_probabilities(tiny, batch, build_mask(spec or MaskSpec(), batch))[0]


def test_one_lesson_text_is_peaked_and_the_other_flat(tiny):
    peaked, flat = (float(entropy_bits(probabilities(tiny, text))) for text in (PEAKED, FLAT))
    assert flat - peaked >= 2


def test_hiding_the_last_word_changes_the_prediction_least(tiny):
    whole = probabilities(tiny, PEAKED)
    they, shook, their = (
        np.abs(probabilities(tiny, PEAKED, MaskSpec(weights={token: 0.0})) - whole).sum() / 2 for token in range(3)
    )
    assert min(they, shook) > their + 0.5


def test_the_card_s_next_words_and_seen_tokens_are_those_of_the_weights(tiny, figures):
    for listed in figures["next_words"]:
        found = next_word(tiny, listed["text"])
        assert (found.word, found.words_90) == (listed["word"], pytest.approx(listed["words_90"], rel=0.01))
        assert found.probability == pytest.approx(listed["probability"], abs=1e-3)
    assert seen_tokens(BUNDLED_FOLDER, 50257).sum() == figures["seen"]


def test_the_card_s_first_sample_is_what_the_weights_write(tiny, figures, monkeypatch):
    monkeypatch.setattr("training.evaluate.SAMPLE_LENGTH", 12)
    for sample, whole in zip(writing(tiny).samples, figures["writing"]["samples"], strict=True):
        assert whole.startswith(sample.strip())


def test_the_card_is_written_from_the_figures(figures):
    config = json.loads((BUNDLED_FOLDER / "config.json").read_text(encoding="utf-8"))
    size = (BUNDLED_FOLDER / "model.safetensors").stat().st_size / 1e6
    assert size <= 70
    written = card(figures, config, parameters=BUNDLED.parameters, megabytes=size)
    assert (BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8") == written


def test_pages_open_on_a_previous_token_head_of_the_card_that_is_clear_on_the_first_sentence(figures, tiny, mission):
    found = strongest(figures["heads"]["previous"], 0.25)
    assert BUNDLED.opening in {(layer, head) for layer, head, _ in found}
    (maps, *_) = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))
    layer, head, share = habits(maps, mission.first(0), mission.last(0)).strongest("previous")
    assert (layer, head) == BUNDLED.opening
    assert share > 0.5
    assert max(map(max, figures["heads"]["induction"])) > 0.3


def test_heads_are_named_largest_first_and_none_is_said_where_none_is_clear():
    shares = [[0.1, 0.5], [0.9, 0.2]]
    assert strongest(shares, 0.3) == [(1, 0, 0.9), (0, 1, 0.5)]
    assert named(shares) == "layer 1 head 0 (0.90), layer 0 head 1 (0.50)"
    assert named([[0.1, 0.2]]) == "none clearly; most of all layer 0 head 1, 0.20"
