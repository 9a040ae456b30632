"""The claims on trial: what the model answers."""

from __future__ import annotations

import pytest

from model_utils.experiments.claims import emphasis, half, track
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode


def test_hiding_others_lifts_the_fox_no_more_than_its_neighbours(tiny: LoadedModel) -> None:
    found = emphasis(tiny)
    assert found.ones == 0
    factors = [factor for *_, factor in found.rows]
    assert [word for word, *_ in found.rows] == ["brown", "fox", "jumps", "lazy"]
    assert factors[0] > 1
    assert factors == pytest.approx([factors[0]] * 4, rel=1e-5)


def test_half_is_whole_in_a_flat_mask_and_more_than_half_on_the_scores(tiny: LoadedModel) -> None:
    found = half(tiny)
    assert found.flat == found.before
    assert found.flat_change == 0
    assert found.before / 2 < found.log < found.before
    assert found.log_change > 0


def test_one_sentence_needs_no_mask_and_a_padded_one_does(tiny: LoadedModel, mission: TokenBatch) -> None:
    found = track(tiny, mission, 2)
    assert found.difference == 0
    assert found.padded is not None
    assert found.padded > 0.01
    assert found.short > 0.01
    assert track(tiny, encode(tiny.tokenizer, ("Hello",)), 0).padded is None
