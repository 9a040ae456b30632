"""What hiding does: against shorter texts, reweighting by hand, and one word at a time."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.distributions import total_variation
from model_utils.errors import InputError
from model_utils.experiments.ablation import (
    attention_vs_ablation,
    hidden_tokens,
    next_word,
    plain,
    reads_nothing,
)
from model_utils.masks.mask import MaskSpec
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from model_utils.tokens.words import Word, group_words

TEXT = "He gave the boy a silver"


def words_of(batch: TokenBatch, sentence: int = 0) -> tuple[Word, ...]:
    return group_words(batch.texts[sentence], batch.tokens[sentence])


def test_a_closed_gap_is_the_forward_pass_of_the_shorter_text_and_a_hole_is_not(tiny: LoadedModel) -> None:
    whole, shorter = encode(tiny.tokenizer, (TEXT,)), encode(tiny.tokenizer, ("He gave a silver",))
    wanted = next_word(tiny, shorter, MaskSpec())
    hidden = {2: 0.0, 3: 0.0}
    closed = next_word(tiny, whole, MaskSpec(weights=hidden, gap="close"))
    hole = next_word(tiny, whole, MaskSpec(weights=hidden, gap="hole"))
    assert total_variation(closed, wanted) < 1e-5
    assert total_variation(hole, wanted) > 0.01


def test_a_softened_word_leaves_no_gap_to_close(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, (TEXT,))
    hole, closed = (next_word(tiny, batch, MaskSpec(weights={3: 0.5}, gap=gap)) for gap in ("hole", "close"))
    assert np.array_equal(hole, closed)
    assert hidden_tokens(MaskSpec(weights={3: 0.5, 4: 0.0, 5: 1e-60})) == {4, 5}


def test_the_answer_is_that_of_the_padded_batch(tiny: LoadedModel, mission: TokenBatch) -> None:
    from model_utils.masks.mask import build_mask
    from model_utils.models.next_word import next_probabilities

    for padding in (True, False):
        spec = MaskSpec(sentence=2, weights={1: 0.0}, padding=padding)
        whole = next_probabilities(tiny, mission, build_mask(spec, mission))[2]
        assert total_variation(next_word(tiny, mission, spec), whole) < 1e-5
    read = next_word(tiny, mission, MaskSpec(sentence=2))
    assert total_variation(read, next_word(tiny, mission, MaskSpec(sentence=2, padding=False))) > 0.01
    assert plain(spec) == MaskSpec(sentence=2)


def test_a_mask_that_hides_everything_is_known_for_it(mission: TokenBatch) -> None:
    everything = dict.fromkeys(range(3), 0.0)
    assert reads_nothing(mission, MaskSpec(sentence=2, weights=everything))
    assert not reads_nothing(mission, MaskSpec(sentence=2, weights={**everything, 0: 0.01}))
    assert not reads_nothing(mission, MaskSpec(sentence=2, weights={2: 0.0}))
    assert reads_nothing(mission, MaskSpec(sentence=2, pattern="window", width=1, weights={2: 0.0}))
    assert reads_nothing(mission, MaskSpec(sentence=2, cells=frozenset({(2, 0), (2, 1), (2, 2)})))
    assert not reads_nothing(mission, MaskSpec(sentence=2, weights=everything, padding=False))  # its pads are read


def test_each_word_of_the_sweep_is_hidden_as_if_alone(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("His unbelievability shook the old man and his",))
    words = words_of(batch)
    spec = MaskSpec(weights={len(batch.tokens[0]) - 2: 0.5}, gap="close")
    found = attention_vs_ablation(tiny, batch, spec, words)
    assert len(words[1].tokens) > 1
    assert found.attention.sum() == pytest.approx(1)
    before = next_word(tiny, batch, spec)
    for word, change in zip(words, found.change, strict=True):
        alone = MaskSpec(weights={**dict(spec.pairs), **dict.fromkeys(word.tokens, 0.0)}, gap="close")
        assert change == pytest.approx(float(total_variation(before, next_word(tiny, batch, alone))), abs=1e-5)
    assert found.correlation == pytest.approx(np.corrcoef(found.attention, found.change)[0, 1])


def test_fewer_than_eight_words_have_no_correlation(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("They shook the old man and his",))
    assert attention_vs_ablation(tiny, batch, MaskSpec(), words_of(batch)).correlation is None


def test_words_that_are_hidden_already_do_not_count(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, (TEXT,))
    found = attention_vs_ablation(tiny, batch, MaskSpec(weights={1: 0.0, 2: 0.0}), words_of(batch))
    assert found.hidden.tolist() == [False, True, True, False, False, False]
    assert found.attention[1] == 0
    assert found.change[1] == 0


def test_one_word_has_no_correlation_and_nothing_left_to_read(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, ("Once",))
    found = attention_vs_ablation(tiny, batch, MaskSpec(), words_of(batch))
    assert found.correlation is None
    assert found.attention.tolist() == pytest.approx([1.0])
    assert np.isnan(found.change).all()


def test_the_sweep_takes_128_tokens_and_names_its_bound(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, (" ".join(["one"] * 129),))
    with pytest.raises(InputError, match="129 tokens, and hiding each word in turn is done up to 128"):
        attention_vs_ablation(tiny, batch, MaskSpec(), words_of(batch))
    fits = encode(tiny.tokenizer, (" ".join(["one"] * 128),))
    some = words_of(fits)[::16]  # as many tokens in a row, fewer rows
    assert np.isfinite(attention_vs_ablation(tiny, fits, MaskSpec(), some).change).all()
