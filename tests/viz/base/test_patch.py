"""What a browser needs to change a figure in place."""

from __future__ import annotations

import base64

import numpy as np
import plotly.graph_objects as go

from viz.base.patch import mark, packed


def test_values_travel_as_float32_and_keep_their_gaps() -> None:
    values = np.array([[1.5, np.nan, 0.25]])
    found = packed(values)
    assert found["shape"] == "1, 3"
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(found["bdata"]), "<f4").reshape(1, 3), values)


def test_a_mark_says_what_a_figure_shows_and_within_what() -> None:
    figure = go.Figure()
    assert mark(figure, base="sentence", shows="3,2") is figure
    assert figure.layout.meta == {"base": "sentence", "shows": "3,2"}
