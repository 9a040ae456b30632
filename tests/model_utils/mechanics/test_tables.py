"""The tables of faulty masks hold what the figures show."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.mechanics.tables import fill_value_table, spread_table, ways_table
from model_utils.mechanics.wrong_masks import Damage, Spread

LABELS = ("a", "b", "c")


def test_fates_stand_a_line_per_row_fill_and_key():
    read = {"min": np.array([0.25, 0.75, 0.0], np.float32), "-inf": np.array([0.25, 0.75, 0.0], np.float32)}
    blocked = {"min": np.full(3, 1 / 3, np.float32), "-inf": np.full(3, np.nan, np.float32)}
    table = fill_value_table(read, blocked, LABELS)
    assert len(table) == 12
    one = table.query("row == 'as it is' and fill == 'min' and key_token == 'b'")
    assert one.weight.tolist() == [0.75]
    assert table.query("row == 'all blocked' and fill == '-inf'").weight.isna().all()


def test_ways_leave_pads_rows_out_and_parts_add_up_to_the_sum():
    parts = {name: np.array([9.0, 0.1, 0.2]) for name in ("allowed", "later", "pads", "hand", "pattern")}
    table = ways_table({"added": Damage(**parts), "zero": Damage(**parts)}, LABELS, slice(1, 3))
    assert table.query_token.tolist() == ["b", "c", "b", "c"]
    assert table["query"].tolist() == [1, 2, 1, 2]
    assert table["sum"].tolist() == pytest.approx([0.5, 1.0, 0.5, 1.0])


def test_spread_has_a_line_per_token_and_a_column_per_layer():
    found = Spread(rows=np.array([[True, False, False], [True, True, False]]), logits=np.array([True, True, True]))
    table = spread_table(found, LABELS)
    assert table.columns.tolist() == ["token", "layer_0", "layer_1", "next_words"]
    assert table.layer_1.tolist() == [True, True, False]
