"""The table of all heads sorts by any measure; captions say no more than was measured."""

from __future__ import annotations

import numpy as np
import pytest

from model_utils.errors import InputError
from model_utils.heads.measures import MEASURES, caption, measure, table
from tests.tools.heads import COPY, IDENTITY, IDS, INDUCTION, PREVIOUS, UNIFORM, heads_by_hand, maps_of, random_maps


def test_the_table_has_a_row_per_head_and_sorts_by_any_measure():
    rng = np.random.default_rng(3)
    found = measure(random_maps(rng, 8), rng.integers(0, 3, 8), 0, 7)
    frame = table(found)
    assert list(frame.columns) == ["layer", "head", *MEASURES]
    assert frame[["layer", "head"]].to_numpy().tolist() == [list(at) for at in np.ndindex(2, 3)]
    assert frame["entropy_bits"].to_numpy().reshape(2, 3).tolist() == found.entropy_bits.tolist()
    for name in MEASURES:
        wanted = sorted(frame.to_dict("records"), key=lambda row: (-row[name], row["layer"], row["head"]))
        assert table(found, by=name).to_dict("records") == wanted
        rising = sorted(frame.to_dict("records"), key=lambda row: (row[name], row["layer"], row["head"]))
        assert table(found, by=name, ascending=True).to_dict("records") == rising
    with pytest.raises(InputError, match="no measure 'focus': sort by one of layer, head, previous"):
        table(found, by="focus")


def test_sorting_by_what_the_text_does_not_tell_keeps_the_order():
    found = measure(random_maps(np.random.default_rng(3), 6), np.arange(6), 0, 5)
    frame = table(found, by="induction")
    assert frame["induction"].isna().all()
    assert frame[["layer", "head"]].to_numpy().tolist() == [list(at) for at in np.ndindex(2, 3)]


def test_captions_say_what_was_measured():
    found = measure(maps_of(heads_by_hand(IDS)), IDS, 0, 9)
    assert caption(found, 0, PREVIOUS) == "On this text it mostly reads the previous token (100%)."
    assert caption(found, 0, IDENTITY) == "On this text it mostly reads the token itself (100%)."
    assert caption(found, 0, UNIFORM) == (
        "On this text the previous token gets 18% of its mix, "
        "and a row spreads as if over 6.1 equal tokens (2.6 bits on average)."
    )
    assert caption(found, 0, INDUCTION) == (
        "On this text the first token gets 38% of its mix, and a row spreads as if over 1.0 equal tokens (0.0 bits on average). "
        "Where a token comes again (5 rows), it mostly reads what followed its earlier copy (100%)."
    )
    assert caption(found, 0, COPY).endswith("(5 rows), it mostly reads its earlier copy (100%).")


def test_a_caption_of_a_text_without_repeats_is_silent_about_them():
    ids = np.arange(10)
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 9)
    assert caption(found, 0, INDUCTION) == "On this text it mostly reads the first token (100%)."


def test_a_caption_counts_a_single_row_as_one():
    ids = np.array([5, 6, 7, 5])
    found = measure(maps_of(heads_by_hand(ids)), ids, 0, 3)
    assert "(1 row)" in caption(found, 0, INDUCTION)


@pytest.mark.parametrize(("share", "mostly"), [(0.5, False), (0.51, True)])
def test_mostly_means_more_than_half(share, mostly):
    weights = heads_by_hand(IDS)
    weights[0, PREVIOUS] = share * weights[0, PREVIOUS] + (1 - share) * weights[0, IDENTITY]
    assert ("mostly" in caption(measure(maps_of(weights), IDS, 0, 9), 0, PREVIOUS)) == mostly
