"""Tables of heads sort by any measure, and name every cell."""

from __future__ import annotations

import numpy as np

from model_utils.heads.measures import MEASURES, measure
from model_utils.heads.tables import measures_table, weights_table
from tests.tools.heads import padded_maps, random_maps


def test_the_table_has_a_row_per_head():
    rng = np.random.default_rng(3)
    found = measure(random_maps(rng, 8), rng.integers(0, 3, 8), 0, 7)
    frame = measures_table(found)
    assert list(frame.columns) == ["layer", "head", *MEASURES]
    assert frame[["layer", "head"]].to_numpy().tolist() == [list(at) for at in np.ndindex(2, 3)]
    assert frame["entropy_bits"].to_numpy().reshape(2, 3).tolist() == found.entropy_bits.tolist()


def test_what_the_text_does_not_tell_is_empty():
    found = measure(random_maps(np.random.default_rng(3), 6), np.arange(6), 0, 5)
    frame = measures_table(found)
    assert frame["induction"].isna().all()


def test_the_table_names_every_cell_and_leaves_blocked_ones_empty():
    weights = np.tril(np.full((1, 1, 3, 3), 0.5, np.float32))
    frame = weights_table(padded_maps(weights, pads=1), ["pad", "a", "a"], 0, 0)
    assert len(frame) == 9
    last = frame.query("query == 2")
    assert last["blocked_by"].tolist() == ["padding", "", ""]
    assert last["weight"].isna().tolist() == [True, False, False]
    assert last["key_token"].tolist() == ["pad", "a", "a"]
