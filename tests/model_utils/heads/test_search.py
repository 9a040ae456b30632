"""Ranks equal a sort by brute force; the size of a value is what the head's own part of the layer makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.distributions import total_variation
from model_utils.errors import InputError
from model_utils.experiments.ablation import attention_vs_ablation, next_word
from model_utils.experiments.surprisal import row_shifts
from model_utils.heads.search import find_heads, hide_key, value_sizes
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.attention import LayerTrace
from model_utils.models.forward import AttentionMaps, attention_maps, forward
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from model_utils.tokens.words import group_words

TEXT = "Alice, who lives in the castle, is a friend of the Queen."


@pytest.fixture(scope="module")
def sentence(tiny: LoadedModel) -> TokenBatch:
    return encode(tiny.tokenizer, (TEXT,))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_the_ranking_is_a_sort_by_brute_force(data, seed):
    rng = np.random.default_rng(seed)
    L, H, T = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)))
    # Few different weights, so that heads tie.
    weights = rng.integers(0, 3, (L, H, T, T)).astype(data.draw(st.sampled_from([np.float16, np.float32]))) / 4
    sizes = rng.integers(1, 4, (L, H, T)).astype(np.float32)
    maps = AttentionMaps(weights=weights, cause=np.zeros((T, T), np.uint8), causes={})
    query, key = int(rng.integers(T)), int(rng.integers(T))
    by = data.draw(st.sampled_from(["weight", "contribution"]))
    rows = []
    for layer in range(L):
        for head in range(H):
            weight, size = float(weights[layer, head, query, key]), float(sizes[layer, head, key])
            rows.append((layer, head, weight, size, weight * size))
    rows.sort(key=lambda row: (-row[{"weight": 2, "contribution": 4}[by]], row[0], row[1]))
    frame = find_heads(maps, sizes, query, key, by=by)
    assert list(frame.columns) == ["layer", "head", "weight", "value_size", "contribution"]
    assert [tuple(row) for row in frame.to_numpy()] == rows
    assert frame.index.tolist() == list(range(L * H))


def test_a_blocked_cell_ranks_no_head(tiny, sentence):
    mask = build_mask(MaskSpec(weights={0: 0.0}), sentence)
    (maps,) = attention_maps(tiny, sentence, mask)
    sizes = value_sizes(tiny, sentence, mask, 0)
    for query, key in [(3, 5), (4, 0), (0, 2)]:  # the future, a hidden word, a row that may read nothing
        frame = find_heads(maps, sizes, query, key)
        assert frame["weight"].isna().all()
        assert frame["contribution"].isna().all()
        assert frame["value_size"].gt(0).all()
    assert find_heads(maps, sizes, 5, 3)["weight"].gt(0).all()
    with pytest.raises(InputError, match="ranked by 'size': choose one of weight, contribution"):
        find_heads(maps, sizes, 5, 3, by="size")  # type: ignore[arg-type]


@torch.inference_mode()
def test_the_size_of_a_value_is_that_of_what_the_layer_itself_makes_of_it(tiny, sentence):
    """The layer's own output module, given one head's value and zeros for the others, less what zeros alone give."""
    mask = build_mask(MaskSpec(), sentence)
    trace: list[LayerTrace] = []
    forward(tiny, sentence.input_ids, mask, trace=trace)
    sizes = value_sizes(tiny, sentence, mask, 0)
    T, width = sentence.size[1], tiny.model.config.n_embd // tiny.heads
    assert sizes.shape == (tiny.layers, tiny.heads, T)
    assert sizes.dtype == np.float32
    assert not sizes.flags.writeable
    for layer, head in np.ndindex(tiny.layers, tiny.heads):
        alone = torch.zeros(T, tiny.heads, width)
        alone[:, head] = trace[layer].value[0, head]
        output = tiny.model.transformer.h[layer].attn.c_proj
        made = output(alone.flatten(1)) - output(torch.zeros(1, tiny.heads * width))
        np.testing.assert_allclose(sizes[layer, head], made.norm(dim=-1).numpy(), rtol=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_sizes_in_a_padded_batch_are_those_of_the_sentence_alone(tiny, side):
    batch = encode(tiny.tokenizer, ("My dog is", TEXT), side=side)
    alone = batch.alone(0)
    inside = value_sizes(tiny, batch, build_mask(MaskSpec(), batch), 0)
    real = slice(batch.first(0), batch.last(0) + 1)
    np.testing.assert_allclose(
        inside[:, :, real], value_sizes(tiny, alone, build_mask(MaskSpec(), alone), 0), rtol=1e-4
    )


def test_hiding_a_key_changes_the_end_as_the_sweep_says(tiny, sentence):
    words = group_words(TEXT, sentence.tokens[0])
    last = len(sentence.tokens[0]) - 1
    for spec in (MaskSpec(), MaskSpec(weights={3: 0.0, 5: 0.5}), MaskSpec(weights={2: 0.0}, gap="close")):
        found = attention_vs_ablation(tiny, sentence, spec, words)
        for word, change in zip(words, found.change, strict=True):
            if len(word.tokens) == 1:
                hidden = hide_key(tiny, sentence, spec, last, word.tokens[0])
                assert hidden.at_end == pytest.approx(change, abs=1e-5)
                assert hidden.at_query == hidden.at_end


def test_the_change_at_the_query_is_that_of_the_text_up_to_it(tiny, sentence):
    cut = encode(tiny.tokenizer, (TEXT[: TEXT.index(", is")],))
    query = len(cut.tokens[0]) - 1
    hidden = hide_key(tiny, sentence, MaskSpec(), query, 0)
    wanted = total_variation(next_word(tiny, cut, MaskSpec()), next_word(tiny, cut, MaskSpec(weights={0: 0.0})))
    assert hidden.at_query == pytest.approx(float(wanted), abs=1e-5)
    assert hidden.at_query != pytest.approx(hidden.at_end, abs=1e-3)


def test_a_token_that_comes_later_changes_nothing_at_the_query(tiny, sentence):
    hidden = hide_key(tiny, sentence, MaskSpec(), 4, 9)
    assert hidden.at_query == pytest.approx(0, abs=1e-6)
    assert hidden.at_end > 0


def test_a_row_left_with_nothing_to_read_has_no_answer(tiny, sentence):
    hidden = hide_key(tiny, sentence, MaskSpec(), 0, 0)
    assert np.isnan(hidden.at_query)
    assert hidden.at_end > 0


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("padding", [True, False])
def test_hiding_in_a_padded_batch(tiny, padding, side):
    """With the padding mask the sentence answers as if alone; without it the pads before it are read, and count."""
    batch = encode(tiny.tokenizer, (TEXT, "My dog is"), side=side)
    spec = MaskSpec(sentence=1, padding=padding)
    without = replace(spec, weights={0: 0.0})
    masks = [build_mask(one, batch) for one in (spec, without)]
    shifts = row_shifts(tiny, batch, *masks, 1)
    hidden = hide_key(tiny, batch, spec, 1, 0)
    assert (hidden.at_query, hidden.at_end) == pytest.approx((shifts[1], shifts[2]), abs=1e-5)
    one, other = (next_word(tiny, batch, rule) for rule in (spec, without))
    assert hidden.at_end == pytest.approx(float(total_variation(one, other)), abs=1e-5)
    alone = hide_key(tiny, batch.alone(1), MaskSpec(), 1, 0)
    assert (hidden.at_end == pytest.approx(alone.at_end, abs=1e-5)) == (padding or side == "right")


def test_tokens_that_are_not_there_are_named(tiny, mission):
    for query in (3, -1):
        with pytest.raises(InputError, match=f"The query is token {query}, but the sentence has tokens 0 to 2"):
            hide_key(tiny, mission, MaskSpec(sentence=2), query, 0)
    with pytest.raises(InputError, match="token 3, but the sentence has tokens 0 to 2"):
        hide_key(tiny, mission, MaskSpec(sentence=2), 0, 3)
