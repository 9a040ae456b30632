"""A stage of a mask shows its numbers."""

from __future__ import annotations

import numpy as np

from viz.base.theme import LIGHT
from viz.masks.broadcasting import grid


def test_a_stage_writes_its_numbers_and_blocked_cells_recede() -> None:
    values = np.array([[0.0, -1e4], [0.0, 0.0]])
    texts = [["0", "-10000"], ["0", "0"]]
    figure = grid(values, texts=texts, blocked=values < 0, columns=("0", "1"), rows=("<a>", "b"), palette=LIGHT)
    assert figure.data[0].z.tolist() == values.tolist()
    assert figure.data[0].text.tolist() == [["0", ""], ["0", "0"]]
    assert figure.data[1].text.tolist() == [["", "-10000"], ["", ""]]
    assert figure.layout.yaxis.ticktext[0] == "&lt;a&gt; "
