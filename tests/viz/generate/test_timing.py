"""How long two ways take."""

from __future__ import annotations

from viz.base.theme import LIGHT
from viz.generate.timing import two_ways


def test_bars_are_medians_and_dots_are_rounds() -> None:
    figure = two_ways([1.0, 3.0, 2.0], [8.0, 6.0], palette=LIGHT)
    medians, rounds = figure.data[:2]
    assert (medians.name, list(medians.x)) == ("median", [7, 2])
    assert (list(rounds.x), list(rounds.y)) == ([8, 6, 1, 3, 2], [0, 0, 1, 1, 1])
