"""The figures of the card, against cases that can be worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from model_utils.models.loading import LoadedModel, load_model
from model_utils.models.registry import folder_entry
from tests.tools.models import save_random
from training.evaluate import held_out, induction, next_word, repetition, running_text, writing


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """Return a model whose weights are all zero but for its norms: every word is equally likely, every head even."""
    folder: Path = save_random(tmp_path_factory.mktemp("flat"))
    loaded = load_model(folder_entry(folder.name, folder), folder)
    with torch.no_grad():
        for name, weight in loaded.model.named_parameters():
            if "ln_" not in name:
                weight.zero_()
    return loaded


def test_a_model_that_knows_nothing_has_the_loss_of_an_even_choice(flat):
    ids = np.arange(200)  # three windows of 64 and a bit
    found = held_out(flat, ids, size=800)
    assert found.tokens == 199
    assert found.nats == pytest.approx(math.log(50257), rel=1e-5)
    assert found.perplexity == pytest.approx(50257, rel=1e-3)
    assert found.bits == pytest.approx(199 * math.log2(50257) / 800, rel=1e-5)


def test_the_loss_is_that_of_transformers_window_by_window(tiny):
    ids = np.array(tiny.tokenizer("The king went to the castle. " * 60).input_ids)
    assert len(ids) > 300
    sums = 0.0
    for first in range(0, len(ids) - 1, 256):
        row = torch.from_numpy(ids[first : first + 257])[None]
        with torch.inference_mode():
            sums += float(
                tiny.model(input_ids=row[:, :256], labels=None)
                .logits[0, : row.shape[1] - 1]
                .log_softmax(-1)
                .gather(1, row[0, 1:, None])
                .sum()
            )
    assert held_out(tiny, ids, size=1).nats == pytest.approx(-sums / (len(ids) - 1), rel=1e-5)


def test_repetition_counts_runs():
    assert repetition([[1, 2, 3, 4]]) == (1.0, 1.0, 0.0)
    assert repetition([[7] * 8]) == (1 / 8, 1 / 7, 4 / 5)
    one, two, four = repetition([[1, 2, 1, 2, 1, 2], [3, 4, 5, 6]])
    assert (one, two) == (6 / 10, 5 / 8)
    assert four == 1 / 4
    assert repetition([[]]) == (0.0, 0.0, 0.0)


def test_even_heads_have_even_shares(flat):
    previous, first = running_text(flat, [np.arange(40), np.arange(40)])
    even = np.mean([1 / (row + 1) for row in range(2, 40)])
    assert previous == pytest.approx(np.full((2, 2), even), rel=1e-4)
    assert first == pytest.approx(np.full((2, 2), even), rel=1e-4)
    found = induction_short(flat)
    assert found == pytest.approx(np.full((2, 2), np.mean([1 / (row + 1) for row in range(25, 50)])), rel=1e-4)


def induction_short(loaded: LoadedModel) -> np.ndarray:
    """Return the induction shares with rows that the small model can read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.evaluate.REPEAT_LENGTH", 25)
        return induction(loaded, np.arange(500))


def test_the_induction_head_of_the_bundled_model_is_found(tiny):
    found = induction(tiny, np.arange(300, 3000))
    assert found.shape == (8, 8)
    assert found.max() > 0.3
    assert found[:2].max() < 0.1


def test_samples_are_drawn_from_nothing_and_the_same_each_time(flat):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.evaluate.SAMPLE_LENGTH", 5)
        patch.setattr("training.evaluate.SAMPLES", 3)
        one, other = writing(flat), writing(flat)
    assert one == other
    assert len(set(one.samples)) == 3
    assert one.ended == 0


def test_the_next_word_is_measured_as_said(flat):
    found = next_word(flat, "He shook his")
    assert found.probability == pytest.approx(1 / 50257, rel=1e-4)
    assert found.entropy == pytest.approx(math.log2(50257), rel=1e-5)
    assert found.words_90 == pytest.approx(0.9 * 50257, abs=2)
