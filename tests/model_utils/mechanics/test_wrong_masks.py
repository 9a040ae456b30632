"""How masks go wrong: by hand on three tokens, and in the real model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model_utils.masks.mask import MaskSpec, build_mask
from model_utils.mechanics.trace import HeadTrace, record
from model_utils.mechanics.wrong_masks import (
    APPLICATIONS,
    FILL_RANGE,
    NanSpread,
    WeightShares,
    apply_mask,
    blocked_share_by_fill,
    by_fill_value,
    fill_value_table,
    nan_spread,
    nan_table,
    weight_shares,
    weight_shares_table,
)
from model_utils.models.loading import LoadedModel
from model_utils.tokens.batch import TokenBatch, encode
from tests.conftest import MISSION

# Row by row the softmax of these is 1/2, 1/4, 1/4; 1/4, 1/2, 1/4; 1/4, 1/4, 1/2.
SCORES = np.log(np.array([[2, 1, 1], [1, 2, 1], [1, 1, 2]], dtype=np.float32))
CAUSAL = np.tril(np.ones((3, 3), dtype=np.float32))
LABELS = ("a", "b", "c")


def test_adding_minus_infinity_hides_later_words_and_keeps_rows_at_one() -> None:
    found = apply_mask("added", SCORES, CAUSAL)
    assert found == pytest.approx(np.array([[1, 0, 0], [1 / 3, 2 / 3, 0], [1 / 4, 1 / 4, 1 / 2]]))


def test_a_mask_after_the_softmax_leaves_rows_below_one() -> None:
    found = apply_mask("after", SCORES, CAUSAL)
    assert found == pytest.approx(np.array([[1 / 2, 0, 0], [1 / 4, 1 / 2, 0], [1 / 4, 1 / 4, 1 / 2]]))
    assert found.sum(-1) == pytest.approx([0.5, 0.75, 1])


def test_multiplying_scores_by_zero_lets_hidden_words_back_in() -> None:
    found = apply_mask("times", SCORES, CAUSAL)
    assert found == pytest.approx(np.array([[1 / 2, 1 / 4, 1 / 4], [1 / 4, 1 / 2, 1 / 4], [1 / 4, 1 / 4, 1 / 2]]))
    low = apply_mask("times", SCORES - 5, CAUSAL)
    assert low[0, 0] < 0.03  # hidden words beat the word itself: 0 is more than -4.3


def test_adding_zero_changes_nothing() -> None:
    assert np.array_equal(apply_mask("zero", SCORES, CAUSAL), torch.softmax(torch.tensor(SCORES), -1).numpy())


@pytest.fixture(scope="module")
def head(tiny: LoadedModel, mission: TokenBatch) -> HeadTrace:
    """Return layer 3, head 1 on the first sentence, which has three pads on its left."""
    return record(tiny, mission, build_mask(MaskSpec(), mission), sentence=0, layer=3, head=1)


def test_shares_add_up_and_name_where_the_weight_went(head: HeadTrace) -> None:
    found = {application: weight_shares(head, application) for application in APPLICATIONS}
    words = head.real
    assert found["added"].total[words] == pytest.approx(1)
    assert (found["added"].blocked[words] == 0).all()
    assert (found["after"].total[words] < 0.95).all()
    assert (found["after"].blocked == 0).all()
    assert found["times"].total == pytest.approx(1)
    assert found["zero"].total == pytest.approx(1)
    assert found["zero"].later[7] == 0  # the last word has no future, but it has pads
    assert found["zero"].pads[7] == pytest.approx(found["zero"].blocked[7])
    assert found["zero"].allowed == pytest.approx(found["after"].total)


def test_a_fully_blocked_row_becomes_uniform_unmasked_or_not_a_number(head: HeadTrace) -> None:
    assert head.empty_rows.tolist() == [True] * 3 + [False] * 5
    found = by_fill_value(head, 0)
    assert (found["min"] == np.float32(1 / 8)).all()
    unmasked = torch.softmax(torch.tensor(head.scores[0]), -1).numpy()
    assert found["-10000"] == pytest.approx(unmasked, abs=2e-3)  # float32 keeps three decimals of a score of -10000
    assert np.isnan(found["-inf"]).all()


def test_the_row_of_a_word_can_be_shown_as_if_all_of_it_were_blocked(head: HeadTrace) -> None:
    found = by_fill_value(head, 7, all_blocked=True)
    assert (found["min"] == np.float32(1 / 8)).all()
    assert np.isnan(found["-inf"]).all()


def test_the_share_on_blocked_cells_sinks_with_the_fill_to_exactly_zero(head: HeadTrace) -> None:
    found = dict(zip(FILL_RANGE, blocked_share_by_fill(head, 7), strict=True))
    assert found[0.0] == pytest.approx(weight_shares(head, "zero").blocked[7], rel=1e-5)
    assert all(one >= other for one, other in zip(list(found.values())[:-1], list(found.values())[1:], strict=True))
    assert found[-50.0] > 0
    assert found[-200.0] == found[-10_000.0] == 0


def test_nan_spreads_from_a_blocked_row_to_every_row_from_the_second_layer_on(
    tiny: LoadedModel, mission: TokenBatch
) -> None:
    mask = build_mask(MaskSpec(), mission)
    found = nan_spread(tiny, mission, mask, sentence=0)
    assert found.rows.shape == (8, 8)
    assert found.rows[0].tolist() == [True] * 3 + [False] * 5
    assert found.rows[1:].all()
    assert found.logits.all()
    clean = nan_spread(tiny, mission, mask, sentence=1)  # the longest sentence has no pads
    assert not clean.rows.any()
    assert not clean.logits.any()


def test_pads_on_the_right_block_no_row(tiny: LoadedModel) -> None:
    batch = encode(tiny.tokenizer, MISSION, side="right")
    assert not nan_spread(tiny, batch, build_mask(MaskSpec(), batch), sentence=0).rows.any()


def test_fill_values_stand_a_line_per_row_fill_and_key():
    read = {"min": np.array([0.25, 0.75, 0.0], np.float32), "-inf": np.array([0.25, 0.75, 0.0], np.float32)}
    blocked = {"min": np.full(3, 1 / 3, np.float32), "-inf": np.full(3, np.nan, np.float32)}
    table = fill_value_table(read, blocked, LABELS)
    assert len(table) == 12
    one = table.query("row == 'as it is' and fill == 'min' and key_token == 'b'")
    assert one.weight.tolist() == [0.75]
    assert table.query("row == 'all blocked' and fill == '-inf'").weight.isna().all()


def test_the_table_of_shares_leaves_rows_of_pads_out_and_parts_add_up_to_the_sum():
    parts = {name: np.array([9.0, 0.1, 0.2]) for name in ("allowed", "later", "pads", "hand", "pattern")}
    table = weight_shares_table({"added": WeightShares(**parts), "zero": WeightShares(**parts)}, LABELS, slice(1, 3))
    assert table.query_token.tolist() == ["b", "c", "b", "c"]
    assert table["query"].tolist() == [1, 2, 1, 2]
    assert table["sum"].tolist() == pytest.approx([0.5, 1.0, 0.5, 1.0])


def test_nan_has_a_line_per_token_and_a_column_per_layer():
    found = NanSpread(rows=np.array([[True, False, False], [True, True, False]]), logits=np.array([True, True, True]))
    table = nan_table(found, LABELS)
    assert table.columns.tolist() == ["token", "layer_0", "layer_1", "next_words"]
    assert table.layer_1.tolist() == [True, True, False]
