"""Hiding more and more: each point is the model's own answer under that mask, and it starts from nothing hidden."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.distributions import entropy_bits, total_variation
from model_utils.errors import InputError
from model_utils.experiments.ablation import next_word
from model_utils.experiments.ablation_curve import ablation_curves
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import encode
from model_utils.tokens.words import group_words

TEXT = "He gave the unbelievable boy a"


def measured(tiny: LoadedModel, spec: MaskSpec, text: str = TEXT):
    batch = encode(tiny.tokenizer, (text,))
    words = group_words(text, batch.tokens[0])
    return batch, words, ablation_curves(tiny, batch, spec, words)


@pytest.mark.parametrize("spec", [MaskSpec(), MaskSpec(gap="close", pattern="window", width=5)], ids=["hole", "close"])
def test_each_point_is_what_the_model_says_with_those_words_hidden(tiny: LoadedModel, spec: MaskSpec) -> None:
    batch, words, (first, last) = measured(tiny, spec)
    assert [one.end for one in (first, last)] == ["first", "last"]
    assert first.hidden == words[:-1]
    assert last.hidden == words[:0:-1]
    plain = next_word(tiny, batch, spec)
    for one in (first, last):
        assert one.change.shape == one.bits.shape == (len(words),)
        assert one.change[0] == 0
        weights = {token: 0.0 for word in one.hidden[:3] for token in word.tokens}
        wanted = next_word(tiny, batch, MaskSpec(gap=spec.gap, pattern=spec.pattern, width=spec.width, weights=weights))
        assert one.change[3] == pytest.approx(float(total_variation(plain, wanted)), abs=1e-4)
        assert one.bits[3] == pytest.approx(float(entropy_bits(wanted)), abs=1e-3)


def test_words_hidden_already_stay_hidden(tiny: LoadedModel) -> None:
    batch, words, (first, _) = measured(tiny, MaskSpec(weights={1: 0.0}))
    assert first.hidden == (words[0], *words[2:-1])
    both = next_word(tiny, batch, MaskSpec(weights={0: 0.0, 1: 0.0}))
    start = next_word(tiny, batch, MaskSpec(weights={1: 0.0}))
    assert first.change[0] == 0
    assert first.change[1] == pytest.approx(float(total_variation(start, both)), abs=1e-4)


def test_where_the_last_row_reads_nothing_there_is_no_number(tiny: LoadedModel) -> None:
    _, _, (first, last) = measured(tiny, MaskSpec(pattern="window", width=2))
    assert np.isnan(last.change[3])
    assert np.isnan(last.bits[3])
    assert np.isfinite(first.change[1])


def test_a_sentence_too_long_is_refused_with_both_numbers(tiny: LoadedModel) -> None:
    with pytest.raises(InputError, match=r"has 200 tokens, and .* up to \d+: shorten it"):
        measured(tiny, MaskSpec(), " a" * 200)
