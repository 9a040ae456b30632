"""Measures are averages that can be worked out by hand, and equal their definitions under any mask."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_utils.heads.measures import HABITS, MEASURES, Measures, caption, habits, measure
from model_utils.heads.tables import measures_table
from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.models.forward import AttentionMaps, attention_maps
from model_utils.tokens.batch import TokenBatch, encode
from tests.tools.heads import (
    COPY,
    IDENTITY,
    IDS,
    INDUCTION,
    PREVIOUS,
    UNIFORM,
    heads_by_hand,
    maps_of,
    padded_maps,
    random_maps,
)


def by_loops(maps: AttentionMaps, ids: np.ndarray, layer: int, head: int) -> dict[str, float]:
    """Return a head's measures, cell by cell as their definitions read."""
    w, seen, T = maps.weights[layer, head].astype(float), maps.cause == 0, len(ids)
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    for q in range(T):
        if not seen[q].any():
            continue
        copies = [k for k in range(q) if ids[k] == ids[q] and seen[q, k]]
        followers = [k for k in range(1, q) if ids[k - 1] == ids[q] and seen[q, k]]
        found["leak"].append(sum(w[q, k] for k in range(q + 1, T)))
        if copies:
            found["same"].append(sum(w[q, k] for k in copies))
        if followers:
            found["induction"].append(sum(w[q, k] for k in followers))
        if q < min(2, T - 1):
            continue
        found["previous"].append(w[q, q - 1])
        found["first"].append(w[q, 0])
        found["itself"].append(w[q, q])
        found["entropy_bits"].append(-sum(p * np.log2(p) for p in w[q] if p > 0))
        found["distance_tokens"].append(sum(abs(q - k) * w[q, k] for k in range(T)))
    return {name: float(np.mean(rows)) if rows else np.nan for name, rows in found.items()}


def of_head(measures: Measures, head: int) -> dict[str, float]:
    return {name: float(getattr(measures, name)[0, head]) for name in MEASURES}


def test_heads_that_do_one_thing_measure_so():
    found = measure(maps_of(heads_by_hand(IDS)), IDS, 0, 9)
    assert found.same_rows == found.induction_rows == 5
    nothing = dict.fromkeys(MEASURES, 0.0)
    assert of_head(found, PREVIOUS) == nothing | {"previous": 1, "distance_tokens": 1}
    assert of_head(found, IDENTITY) == nothing | {"itself": 1}
    # Rows 2, 3 and 9 of the eight from the third on have no earlier copy: they read the first token, 14 back in all. A
    # copy stands three back, its follower two.
    rest = nothing | {"first": 3 / 8}
    assert of_head(found, INDUCTION) == pytest.approx(rest | {"induction": 1, "distance_tokens": (14 + 5 * 2) / 8})
    assert of_head(found, COPY) == pytest.approx(rest | {"same": 1, "distance_tokens": (14 + 5 * 3) / 8})


def test_a_uniform_head_has_the_entropy_and_the_distance_of_its_rows_lengths():
    found = of_head(measure(maps_of(heads_by_hand(IDS)), IDS, 0, 9), UNIFORM)
    lengths = np.arange(3, 11)
    assert found["previous"] == found["first"] == found["itself"] == pytest.approx((1 / lengths).mean())
    assert found["entropy_bits"] == pytest.approx(np.log2(lengths).mean())
    assert found["distance_tokens"] == pytest.approx(((lengths - 1) / 2).mean())
    # Rows 4 to 6 have one copy each, 7 and 8 two.
    assert found["same"] == pytest.approx(np.mean([1 / 5, 1 / 6, 1 / 7, 2 / 8, 2 / 9]))
    assert found["leak"] == 0


def test_where_nothing_repeats_there_is_no_induction_rather_than_none_of_it():
    ids = np.arange(6)
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 5)
    assert found.same_rows == found.induction_rows == 0
    assert np.isnan(found.same).all()
    assert np.isnan(found.induction).all()


def test_a_token_said_twice_in_a_row_is_not_its_own_follower():
    ids = np.array([5, 5])
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 1)
    assert (found.same_rows, found.induction_rows) == (1, 0)
    assert found.same[0, PREVIOUS] == 1
    assert np.isnan(found.induction).all()


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_measures_equal_their_definitions_and_stay_in_range_under_any_mask(data, seed):
    T = data.draw(st.integers(2, 9))
    ids = np.array(data.draw(st.lists(st.integers(0, 3), min_size=T, max_size=T)))
    rng = np.random.default_rng(seed)
    visible = np.ones((T, T), bool) if data.draw(st.booleans()) else np.tril(np.ones((T, T), bool))
    visible &= rng.random((T, T)) < data.draw(st.sampled_from([0.2, 0.7, 1.0]))
    maps = random_maps(rng, T, visible)
    found = measure(maps, ids, 0, T - 1)
    if not visible[min(2, T - 1) :].any():
        assert found is None
        return
    for layer, head in np.ndindex(2, 3):
        values = {name: float(getattr(found, name)[layer, head]) for name in MEASURES}
        assert values == pytest.approx(by_loops(maps, ids, layer, head), abs=1e-5, nan_ok=True)
        assert 0 <= values["entropy_bits"] <= np.log2(T) + 1e-6
        assert 0 <= values["distance_tokens"] <= T - 1
        for name in ("previous", "first", "itself", "leak", "same", "induction"):
            assert np.isnan(values[name]) or 0 <= values[name] <= 1 + 1e-6
        if not np.triu(visible, 1).any():
            assert values["leak"] == 0


def test_pads_on_either_side_take_no_part(tiny):
    texts = ("The old man and the old dog and the old man", "My dog is", "He gave the boy a silver key and the boy ran")
    for side in ("left", "right"):
        batch = encode(tiny.tokenizer, texts, side=side)
        padded = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
        for b in range(len(texts)):
            single = batch.alone(b)
            (maps,) = attention_maps(tiny, single, build_mask(MaskSpec(), single))
            alone, inside = measured(maps, single, 0), measured(padded[b], batch, b)
            for name in MEASURES:
                np.testing.assert_allclose(getattr(inside, name), getattr(alone, name), atol=2e-5)
            assert (inside.same_rows, inside.induction_rows) == (alone.same_rows, alone.induction_rows)


def measured(maps: AttentionMaps, batch: TokenBatch, sentence: int) -> Measures:
    return measure(maps, batch.input_ids[sentence], batch.first(sentence), batch.last(sentence))


def test_pads_that_are_read_enter_neither_entropy_nor_distance():
    weights = np.zeros((1, 1, 4, 4), np.float32)
    weights[0, 0] = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0.25, 0.25, 0], [0.6, 0.1, 0.1, 0.2]]
    found = measure(maps_of(weights), np.array([0, 1, 2, 3]), 1, 3)
    assert found.entropy_bits[0, 0] == pytest.approx(1.5)
    assert found.distance_tokens[0, 0] == pytest.approx(0.25 * 2 + 0.25)
    assert found.previous[0, 0] == pytest.approx(0.1)


@pytest.mark.parametrize("spec", [MaskSpec(), MaskSpec(weights={0: 0.0}), MaskSpec(pattern="window", width=2)])
def test_nothing_leaks_in_the_bundled_model_until_its_mask_lets_it(tiny, mission, spec):
    """Hiding the first word leaves its row nothing to read, so the model spreads it over the future: it does not count."""
    for b, maps in enumerate(attention_maps(tiny, mission, build_mask(spec, mission))):
        assert (measured(maps, mission, b).leak == 0).all()
    lifted = MaskSpec(pattern="bidirectional")
    assert (measured(attention_maps(tiny, mission, build_mask(lifted, mission))[1], mission, 1).leak > 0).all()


def test_rows_that_may_read_nothing_do_not_count_for_habits_either():
    visible = np.tril(np.ones((4, 4), bool))
    visible[2] = False
    weights = np.where(visible, 0.25, 0).astype(np.float32)[None, None]
    weights[0, 0, 2], weights[0, 0, 3] = 0.25, [0.1, 0.2, 0.4, 0.3]
    found = habits(maps_of(weights, visible), 0, 3)
    assert [getattr(found, habit)[0, 0] for habit in HABITS] == pytest.approx([0.4, 0.1, 0.3])
    visible[3] = False
    assert habits(maps_of(weights, visible), 0, 3) is None
    assert measure(maps_of(weights, visible), np.arange(4), 0, 3) is None


def test_the_bundled_model_has_the_induction_heads_that_its_card_names(tiny):
    words = " wolf silver candle ship garden letter mountain king paper window horse river"
    batch = encode(tiny.tokenizer, (words * 2,))
    (maps,) = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
    frame = measures_table(measured(maps, batch, 0)).nlargest(4, "induction")
    best = {(int(layer), int(head)) for layer, head in frame[["layer", "head"]].to_numpy()}
    assert best == {(6, 0), (7, 3), (7, 4), (7, 5)}
    assert frame["induction"].min() > 0.3


def test_half_precision_measures_the_same_within_its_rounding():
    maps = random_maps(np.random.default_rng(0), 40)
    half = maps_of(maps.weights.astype(np.float16))
    ids = np.random.default_rng(1).integers(0, 9, 40)
    one, other = measure(maps, ids, 0, 39), measure(half, ids, 0, 39)
    for name in MEASURES:
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), atol=0.01)


def test_no_more_than_one_head_is_held_in_full():
    T = 128
    maps = maps_of(np.full((12, 12, T, T), 1 / T, np.float16))
    ids = np.zeros(T, np.int64)
    tracemalloc.start()
    measure(maps, ids, 0, T - 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * T * T * 8  # of one layer in double precision; all heads in single precision are six times that


def test_measures_are_read_only_and_one_token_has_none():
    found = measure(maps_of(heads_by_hand(IDS)), IDS, 0, 9)
    arrays = [getattr(found, field.name) for field in fields(found)]
    assert sum(isinstance(array, np.ndarray) for array in arrays) == len(MEASURES)
    assert not any(array.flags.writeable for array in arrays if isinstance(array, np.ndarray))
    assert all(array.dtype == np.float32 for array in arrays if isinstance(array, np.ndarray))
    assert measure(maps_of(heads_by_hand(IDS)), IDS, 3, 3) is None


def test_habits_of_three_tokens_by_hand():
    weights = np.zeros((1, 2, 3, 3), np.float32)
    weights[0, 0] = [[1, 0, 0], [0.9, 0.1, 0], [0.2, 0.7, 0.1]]
    weights[0, 1] = [[1, 0, 0], [0.5, 0.5, 0], [0.1, 0.1, 0.8]]
    found = habits(padded_maps(weights), 0, 2)
    assert found.previous[0].tolist() == pytest.approx([0.7, 0.1])
    assert found.first[0].tolist() == pytest.approx([0.2, 0.1])
    assert found.itself[0].tolist() == pytest.approx([0.1, 0.8])
    assert found.strongest("itself") == (0, 1, pytest.approx(0.8))
    assert found.telling() == {"previous": (0, 0, pytest.approx(0.7)), "itself": (0, 1, pytest.approx(0.8))}
    assert found.main(0, 0) == ("previous", pytest.approx(0.7))


def test_pads_take_no_part_in_habits_and_one_token_has_none():
    weights = np.random.default_rng(0).random((2, 3, 6, 6), np.float32)
    padded = habits(padded_maps(weights, pads=2), 2, 5)
    alone = habits(padded_maps(weights[:, :, 2:, 2:].copy()), 0, 3)
    for habit in HABITS:
        np.testing.assert_array_equal(getattr(padded, habit), getattr(alone, habit))
    assert habits(padded_maps(weights, pads=5), 5, 5) is None


def test_the_bundled_model_has_the_previous_token_heads_that_its_card_names(tiny):
    text = (
        "The old man sat down by the fire and told the children a story about the sea and the ships that he had seen."
    )
    batch = encode(tiny.tokenizer, (text,))
    (maps,) = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
    layer, head, share = habits(maps, 0, batch.last(0)).strongest("previous")
    assert (layer, head) in {(2, 2), (3, 2), (4, 5)}
    assert share > 0.3


OVER = "Averaged over the rows after the first 2 tokens,"


def test_captions_say_what_was_measured():
    found = measure(maps_of(heads_by_hand(IDS)), IDS, 0, 9)
    assert caption(found, 0, PREVIOUS) == f"{OVER} the head mostly reads the previous token (100 % of its weight)."
    assert caption(found, 0, IDENTITY) == f"{OVER} the head mostly reads the token itself (100 % of its weight)."
    assert caption(found, 0, UNIFORM) == (
        f"{OVER} the previous token gets 18 % of the head's weight, and a row's entropy is 2.6 bits, as if 6.1 tokens shared it "
        "equally."
    )
    assert caption(found, 0, INDUCTION) == (
        f"{OVER} the first token gets 38 % of the head's weight, and a row's entropy is 0.0 bits, as if 1.0 tokens shared it "
        "equally. Where a token comes again (5 rows), the head mostly reads "
        "what followed its earlier copy (100 %)."
    )
    assert caption(found, 0, COPY).endswith("(5 rows), the head mostly reads its earlier copy (100 %).")


def test_a_caption_of_a_text_without_repeats_is_silent_about_them():
    ids = np.arange(10)
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 9)
    assert caption(found, 0, INDUCTION) == f"{OVER} the head mostly reads the first token (100 % of its weight)."


def test_a_caption_counts_a_single_row_as_one():
    ids = np.array([5, 6, 7, 5])
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 3)
    assert "(1 row)" in caption(found, 0, INDUCTION)


@pytest.mark.parametrize(("share", "mostly"), [(0.5, False), (0.51, True)])
def test_mostly_means_more_than_half(share, mostly):
    weights = heads_by_hand(IDS)
    weights[0, PREVIOUS] = share * weights[0, PREVIOUS] + (1 - share) * weights[0, IDENTITY]
    assert ("mostly" in caption(measure(maps_of(weights), IDS, 0, 9), 0, PREVIOUS)) == mostly
