"""Words stand below or above their columns as long as they can be read there."""

from __future__ import annotations

import pytest

from viz.base.axes import FEW, word_columns
from viz.base.theme import LIGHT


@pytest.mark.parametrize("T", [1, FEW, FEW + 1, 47, 48, 128])
def test_words_are_slanted_in_many_columns_and_thinned_out_in_very_many(T: int) -> None:
    axis = word_columns([f"w{i}" for i in range(T)], LIGHT)
    assert axis["tickangle"] == (0 if T <= FEW else -45)
    assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 47
    assert axis["ticktext"][-1] == f"w{axis['tickvals'][-1]}"
    assert axis["range"] == [-0.5, T - 0.5]


def test_words_are_shown_as_text_and_long_ones_cut() -> None:
    assert word_columns(["<b>", "wonderfully"], LIGHT)["ticktext"] == ["&lt;b&gt;", "wonderfu…"]
