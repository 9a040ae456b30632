"""Habits are averages that can be worked out by hand; thumbnails keep every weight's place and mark what is blocked."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from model_utils.heads.patterns import HABITS, TOP_CODE, WEIGHT_CODE, habits, table, thumbnails, weight_of
from model_utils.masks.mask import CAUSES, MaskSpec, build_mask
from model_utils.models.forward import AttentionMaps, attention_maps
from model_utils.snippets.tokens import heads_code
from model_utils.tokens.batch import encode


def maps_of(weights: np.ndarray, pads: int = 0) -> AttentionMaps:
    """Return the maps of `weights[L, H, T, T]` under a causal mask with `pads` pads on the left."""
    T = weights.shape[-1]
    future, padding = np.triu(np.ones((T, T), bool), 1), np.broadcast_to(np.arange(T) < pads, (T, T)).copy()
    cause = np.where(padding, 1, np.where(future, 4, 0)).astype(np.uint8)
    return AttentionMaps(weights=weights, cause=cause, causes={"padding": padding, "causal": future})


def test_habits_of_three_tokens_by_hand():
    weights = np.zeros((1, 2, 3, 3), np.float32)
    weights[0, 0] = [[1, 0, 0], [0.9, 0.1, 0], [0.2, 0.7, 0.1]]
    weights[0, 1] = [[1, 0, 0], [0.5, 0.5, 0], [0.1, 0.1, 0.8]]
    found = habits(maps_of(weights), 0, 2)
    assert found.previous[0].tolist() == pytest.approx([0.7, 0.1])
    assert found.first[0].tolist() == pytest.approx([0.2, 0.1])
    assert found.itself[0].tolist() == pytest.approx([0.1, 0.8])
    assert found.strongest("itself") == (0, 1, pytest.approx(0.8))
    assert found.main(0, 0) == ("previous", pytest.approx(0.7))


def test_pads_take_no_part_in_habits_and_one_token_has_none():
    weights = np.random.default_rng(0).random((2, 3, 6, 6), np.float32)
    padded = habits(maps_of(weights, pads=2), 2, 5)
    alone = habits(maps_of(weights[:, :, 2:, 2:].copy()), 0, 3)
    for habit in HABITS:
        np.testing.assert_array_equal(getattr(padded, habit), getattr(alone, habit))
    assert habits(maps_of(weights, pads=5), 5, 5) is None


def test_the_bundled_model_has_the_previous_token_heads_that_its_card_names(tiny):
    text = (
        "The old man sat down by the fire and told the children a story about the sea and the ships that he had seen."
    )
    batch = encode(tiny.tokenizer, (text,))
    (maps,) = attention_maps(tiny, batch, build_mask(MaskSpec(), batch))
    layer, head, share = habits(maps, 0, batch.last(0)).strongest("previous")
    assert (layer, head) in {(2, 0), (2, 2), (2, 5), (3, 2), (3, 3), (3, 6)}
    assert share > 0.3


@pytest.mark.parametrize("tokens", [1, 2, 8, 64, 65, 200])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_thumbnail_cell_is_the_largest_weight_that_it_stands_for(tokens, dtype):
    weights = np.tril(np.random.default_rng(1).random((2, 3, tokens, tokens))).astype(dtype)
    found = thumbnails(maps_of(weights))
    assert found.picture.shape == (2 * found.pitch, 3 * found.pitch)
    assert found.picture.dtype == np.uint8
    side = found.pitch - found.gap
    assert 7 <= side <= 64
    grown = side // -(-tokens // found.pooled)
    for layer, head in np.ndindex(2, 3):
        tile = found.picture[layer * found.pitch :, head * found.pitch :][:side:grown, :side:grown]
        for row, column in np.ndindex(tile.shape):
            q, k = row * found.pooled, column * found.pooled
            block = weights[layer, head, q : q + found.pooled, k : k + found.pooled]
            if column > row:
                assert tile[row, column] == CAUSES.index("causal") + 1
            else:
                assert weight_of(tile[row, column]) == pytest.approx(block.max(), abs=0.006)


def test_weights_of_fully_blocked_rows_do_not_show_in_thumbnails():
    weights = np.full((1, 1, 4, 4), 0.25, np.float32)
    found = thumbnails(maps_of(weights, pads=2))
    side = found.pitch - found.gap
    assert (found.picture[: side // 2, :side] < WEIGHT_CODE).all()
    assert found.picture[side - 1, side - 1] == pytest.approx(WEIGHT_CODE + (TOP_CODE - WEIGHT_CODE) / 2, abs=1)


@pytest.mark.parametrize(("layers", "heads", "tokens"), [(12, 12, 64), (48, 25, 32), (6, 8, 256)])
def test_the_picture_stays_small_however_many_heads_and_tokens(layers, heads, tokens):
    picture = thumbnails(maps_of(np.zeros((layers, heads, tokens, tokens), np.float16))).picture
    assert picture.size <= 350_000


def test_the_table_names_every_cell_and_leaves_blocked_ones_empty():
    weights = np.tril(np.full((1, 1, 3, 3), 0.5, np.float32))
    frame = table(maps_of(weights, pads=1), ["pad", "a", "a"], 0, 0)
    assert len(frame) == 9
    last = frame.query("query == 2")
    assert last["blocked_by"].tolist() == ["padding", "", ""]
    assert last["weight"].isna().tolist() == [True, False, False]
    assert last["key_token"].tolist() == ["pad", "a", "a"]


def test_the_code_prints_the_weights_of_the_picture_in_an_empty_folder(tiny, mission, tmp_path):
    """The lines run unedited and agree with what the page draws, nan where blocked."""
    (tmp_path / "run.py").write_text(
        heads_code(tiny.entry, mission.texts, side="left", sentence=2, layer=3, head=3), encoding="utf-8"
    )
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    printed = np.array([[float(cell) for cell in line.split()] for line in done.stdout.splitlines()])
    maps = attention_maps(tiny, mission, build_mask(MaskSpec(), mission))[2]
    expected = np.where(maps.cause > 0, np.nan, maps.weights[3, 3])
    np.testing.assert_allclose(printed, expected, atol=2e-6)
