"""Thumbnails keep every weight's place and mark what is blocked."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.heads.thumbnails import TOP_CODE, WEIGHT_CODE, thumbnails
from model_utils.masks.mask import CAUSES
from tests.tools.heads import padded_maps


@pytest.mark.parametrize("tokens", [1, 2, 8, 64, 65, 200])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_thumbnail_cell_is_the_largest_weight_that_it_stands_for(tokens, dtype):
    weights = np.tril(np.random.default_rng(1).random((2, 3, tokens, tokens))).astype(dtype)
    found = thumbnails(padded_maps(weights))
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
                share = (tile[row, column] - WEIGHT_CODE) / (TOP_CODE - WEIGHT_CODE)
                assert share**2 == pytest.approx(block.max(), abs=0.006)


def test_weights_of_fully_blocked_rows_do_not_show_in_thumbnails():
    weights = np.full((1, 1, 4, 4), 0.25, np.float32)
    found = thumbnails(padded_maps(weights, pads=2))
    side = found.pitch - found.gap
    assert (found.picture[: side // 2, :side] < WEIGHT_CODE).all()
    assert found.picture[side - 1, side - 1] == pytest.approx(WEIGHT_CODE + (TOP_CODE - WEIGHT_CODE) / 2, abs=1)


@pytest.mark.parametrize(("layers", "heads", "tokens"), [(12, 12, 64), (48, 25, 32), (6, 8, 256)])
def test_the_picture_stays_small_however_many_heads_and_tokens(layers, heads, tokens):
    picture = thumbnails(padded_maps(np.zeros((layers, heads, tokens, tokens), np.float16))).picture
    assert picture.size <= 350_000
