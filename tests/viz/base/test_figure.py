"""Figures of dictionaries: what their JSON holds, what is checked when they are read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tools.figures import array
from viz.base.figure import WRITTEN_UP_TO, Figure, bar, heatmap, scatter
from viz.base.sizes import hall


def test_layouts_merge_lists_grow_and_none_is_left_out() -> None:
    figure = Figure(bar(x=[1], name=None), layout={"margin": {"l": 1, "r": 2}, "xaxis2": {"anchor": "y"}})
    figure.update_layout(margin={"l": 5}, title=None)
    figure.update_xaxes(ticks="")
    figure.add_shape(type="line", x0=0, name=None)
    figure.add_shape(type="rect")
    found = json.loads(figure.to_json())
    assert found["data"] == [{"type": "bar", "x": [1]}]
    layout = found["layout"]
    assert layout["margin"] == {"l": 5, "r": 2}
    assert (layout["xaxis"], layout["xaxis2"]) == ({"ticks": ""}, {"anchor": "y", "ticks": ""})
    assert layout["shapes"] == [{"type": "line", "x0": 0}, {"type": "rect"}]
    assert "title" not in layout


def test_updates_leave_the_dictionaries_that_they_were_made_of() -> None:
    axis = {"font": {"size": 1}}
    Figure(layout={"xaxis": axis}).update_xaxes(font={"size": 2})
    assert axis == {"font": {"size": 1}}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_null_in_arrays_and_lists(value: float) -> None:
    figure = Figure([heatmap(z=np.array([[1, value]])), scatter(y=[value, 2.5], x=(np.float32(0.5), np.int64(3)))])
    cells, line = json.loads(figure.to_json())["data"]
    assert cells["z"] == [[1, None]]
    assert (line["y"], line["x"]) == ([None, 2.5], [0.5, 3])


@pytest.mark.parametrize(("kind", "sent"), [(np.uint8, "u1"), (np.float64, "f4"), (np.float16, "f4")])
def test_large_arrays_travel_packed(kind: type, sent: str) -> None:
    side = int(WRITTEN_UP_TO**0.5)
    cells = np.arange((side + 1) ** 2).reshape(side + 1, -1) % 200
    small, large = (json.loads(Figure(heatmap(z=cells[:n, :n].astype(kind))).to_json()) for n in (side, side + 1))
    assert isinstance(small["data"][0]["z"], list)
    assert large["data"][0]["z"]["dtype"] == sent
    assert np.array_equal(array(large["data"][0]["z"]), cells)


def test_reading_a_figure_checks_its_attributes() -> None:
    assert Figure(bar(x=[1]), layout={"width": 70}).layout.width == 70
    with pytest.raises(ValueError, match="colour"):
        _ = Figure(bar(x=[1], colour="red")).data
    with pytest.raises(TypeError, match="object"):
        Figure(bar(x=object())).to_json()


def test_a_written_figure_is_its_json_with_its_sizes_and_stays_as_it_was() -> None:
    figure = Figure(bar(x=[1], y=[2]), layout={"width": 300, "height": 200})
    figure.sizes = hall(1920)
    kept, text = figure.written(), figure.to_json()
    assert kept.height == figure.height == round(kept.layout.height)
    figure.update_layout(width=400)
    assert kept.to_json() == kept.written().to_json() == text
    assert kept.sizes is figure.sizes
    assert kept.layout.width == json.loads(text)["layout"]["width"]
    assert kept.data[0].y == (2,)
