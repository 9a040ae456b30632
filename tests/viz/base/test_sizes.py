"""Near by a figure is written as it was built; in a hall every text of it is large enough for the last row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viz.base.figure import Figure, bar
from viz.base.matrix import matrix
from viz.base.sizes import HALL_MOST, SCREEN, Sizes, hall
from viz.base.theme import PALETTES, style


def of_tokens(count: int, sizes: Sizes) -> dict[str, Any]:
    """Return the written figure of one causal head on so many tokens, and of signed numbers where `sizes` has them."""
    weights = np.random.default_rng(0).dirichlet(np.ones(count), count)  # (T, T)
    later = {"causal": np.triu(np.ones((count, count), bool), 1)}
    palette = replace(PALETTES["light"], sizes=sizes)
    figure = matrix(weights, labels=["␣rabbit"] * count, palette=palette, causes=later, last=count - 1)
    return json.loads(figure.to_json())


def fonts(part: Any, name: str = "") -> Iterator[float]:
    """Return the sizes of all texts of a written figure, those of markup included."""
    if isinstance(part, dict):
        for inner, value in part.items():
            if inner == "size" and name.endswith("font"):
                yield from value if isinstance(value, list) else [value]
            elif inner != "template":
                yield from fonts(value, inner)
    elif isinstance(part, list):
        for value in part:
            yield from fonts(value, name)
    elif isinstance(part, str):
        yield from map(float, re.findall(r"font-size:([\d.]+)px", part))


@pytest.mark.parametrize(("width", "least"), [(1280, 18), (1920, 27), (2560, 36)])
@pytest.mark.parametrize("tokens", [1, 5, 12, 40])
def test_no_text_of_a_matrix_is_smaller_than_the_least_of_its_hall(width: int, least: int, tokens: int) -> None:
    assert min(fonts(of_tokens(tokens, hall(width)))) >= least


def test_twelve_tokens_have_numbers_in_a_hall_and_fit_half_its_width_and_its_height() -> None:
    figure = of_tokens(12, hall(1280))
    (numbers,) = (one for one in figure["data"] if one.get("name") == "numbers")
    assert numbers["textfont"]["size"] >= 18
    assert max(map(len, numbers["text"])) <= 3
    assert figure["layout"]["width"] <= 604
    assert figure["layout"]["height"] <= 720


def test_numbers_that_the_last_row_could_not_read_are_left_out() -> None:
    assert "numbers" not in [one.get("name") for one in of_tokens(20, hall(1280))["data"]]


def test_another_window_has_the_same_figure_in_its_own_px() -> None:
    small, large = of_tokens(12, hall(1280)), of_tokens(12, hall(1920))
    assert large["layout"]["width"] == pytest.approx(1.5 * small["layout"]["width"])
    assert large["layout"]["margin"]["t"] == pytest.approx(1.5 * small["layout"]["margin"]["t"])
    assert hall(400).unit == hall(1280).unit
    assert hall(20_000).unit * 15 == HALL_MOST


def test_what_is_counted_in_data_keeps_its_numbers() -> None:
    figure = style(Figure(bar(x=[3], y=[2], width=0.5, marker={"line": {"width": 2}})), PALETTES["dark"], height=100)
    figure.add_annotation(x=0.5, y=2, text="two", xshift=4, font={"size": 13})
    near = json.loads(figure.to_json())
    figure.sizes = hall(1920)
    far = json.loads(figure.to_json())
    assert near["layout"]["height"] == 100
    assert near["layout"]["annotations"][0]["font"]["size"] == 13
    assert (far["data"][0]["x"], far["data"][0]["y"], far["data"][0]["width"]) == ([3], [2], 0.5)
    assert far["data"][0]["marker"]["line"]["width"] == 3.6
    assert far["layout"]["height"] == 180
    assert (far["layout"]["annotations"][0]["x"], far["layout"]["annotations"][0]["xshift"]) == (0.5, 7.2)
    assert far["layout"]["annotations"][0]["font"]["size"] == 27
    assert SCREEN.px(7) == 7
