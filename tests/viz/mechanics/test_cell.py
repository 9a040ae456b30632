"""One cell as a chain of numbers."""

from __future__ import annotations

import numpy as np

from viz.base.theme import LIGHT
from viz.mechanics.cell import chain


def test_a_cell_shows_every_product_and_every_step() -> None:
    figure = chain(
        np.array([1.0, -3.0]),
        steps=[("q·k", -2.0), ("plus the mask", float(np.finfo(np.float32).min)), ("weight", 0.0)],
        palette=LIGHT,
    )
    products, steps = figure.data
    assert (products.name, steps.name) == ("products", "steps")
    assert list(products.y) == [1.0, -3.0]
    assert list(steps.text) == ["−2.00", "−3.4e38", "0"]
    assert steps.customdata[1] == "−3.40282347e+38"
