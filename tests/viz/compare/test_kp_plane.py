"""The plane of k and p: its values, its points, its words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from viz.base.theme import DARK, LIGHT, Palette
from viz.compare.kp_plane import Point, fig_surface, fig_words

KS, PS = np.array([1, 2, 5, 10, 100]), np.array([0.25, 0.5, 0.75, 1.0])
KEPT = np.arange(20).reshape(4, 5) + 1


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["kept_tokens", "kept_mass", "entropy"])
def test_a_surface_carries_its_values_and_a_disc_per_place(name: str, palette: Palette) -> None:
    points = [
        Point(number=0, name="pure", k=100, p=1.0),
        Point(number=1, name="<b>k</b>", k=2, p=0.5, chosen=True),
        Point(number=2, name="min", k=100, p=1.0),
    ]
    figure = fig_surface(KEPT, KS, PS, name=name, points=points, equal=np.array([1, 2, 5, 100]), palette=palette)
    traces = {trace.name: trace for trace in figure.data}
    assert np.array_equal(traces[name].z, KEPT)
    scale = [place for place, _ in traces[name].colorscale]
    assert (scale[0], scale[-1]) == (0.0, 1.0)
    assert scale == sorted(scale)
    assert len(traces["settings"].text) <= 3
    assert "0,2" in " ".join(traces["settings"].text)
    assert "&lt;b&gt;" in " ".join(traces["settings"].customdata)
    assert list(traces["equal"].x) == [0.0, 1.0, 2.0, 4.0]


def test_the_bar_of_counts_has_at_each_number_the_colour_of_the_cells_that_leave_so_many() -> None:
    figure = fig_surface(KEPT * 2000, KS, PS, name="kept_tokens", points=[], equal=np.ones(4, int), palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    cells, bar = traces["kept_tokens"], traces["scale"].marker
    assert list(bar.colorbar.ticktext) == ["1", "10", "100", "1,000", "10k", "40k"]
    assert bar.cmax == pytest.approx(np.log10(40_000))

    def colour(scale: tuple[tuple[float, str], ...], place: float) -> np.ndarray:
        red_green_blue = np.array([re.findall(r"\d+", text)[:3] for _, text in scale], dtype=float)
        return np.array([np.interp(place, [at for at, _ in scale], red_green_blue[:, i]) for i in range(3)])

    for power, count in enumerate((1, 10, 100, 1_000, 10_000)):
        in_cells = colour(cells.colorscale, (count - cells.zmin) / (cells.zmax - cells.zmin))
        assert in_cells == pytest.approx(colour(bar.colorscale, power / bar.cmax), abs=4)


def test_the_map_of_words_names_each_region_once() -> None:
    ranks = np.zeros((50, 50), int)
    ranks[10:, 20:] = 7
    ranks[49, 49] = 900
    figure = fig_words(
        ranks, {0: "head", 7: "<i>", 900: "zebra"}, np.arange(1, 51), np.linspace(0.02, 1, 50), points=[], palette=LIGHT
    )
    trace = figure.data[0]
    assert trace.name == "drawn_word"
    assert np.unique(trace.z).tolist() == [0, 1, 2]
    assert {note.text for note in figure.layout.annotations} == {"head", "&lt;i&gt;"}
    assert trace.customdata[49][49][2] == "zebra"


def test_one_word_over_the_whole_plane_is_a_map_too() -> None:
    figure = fig_words(np.zeros((4, 5), int), {0: "the"}, KS, PS, points=[], palette=DARK)
    assert np.unique(figure.data[0].z).tolist() == [0]


@pytest.mark.parametrize(
    "places",
    [
        [(100, 1.0), (100, 0.95), (95, 0.97)],
        [(5, 0.4 + number / 100) for number in range(12)],
        [(1, 1.0 - number / 1000) for number in range(12)],
    ],
)
def test_no_disc_hides_another_and_each_that_stands_aside_is_tied_to_its_own_place(
    places: list[tuple[int, float]],
) -> None:
    points = [Point(number=number, name="", k=k, p=p) for number, (k, p) in enumerate(places)]
    ks, ps = np.geomspace(1, 100, 50), np.linspace(0.02, 1, 50)
    figure = fig_surface(
        np.ones((50, 50)), ks, ps, name="entropy", points=points, equal=np.ones(50, int), palette=LIGHT
    )
    traces = {trace.name: trace for trace in figure.data}
    discs = np.stack([traces["settings"].x, traces["settings"].y], axis=1)
    assert len(discs) == len(places)
    assert ((discs >= -1e-9) & (discs <= 49 + 1e-9)).all()
    size = 25 * 49 / 240  # cells of a disc on a plane of 240 px
    between = np.hypot(*(discs[:, None] - discs[None]).transpose(2, 0, 1)) + size * 2 * np.eye(len(discs))
    assert between.min() >= size * 21 / 25  # the numbers lie clear of each other
    own = np.array(
        [[np.interp(np.log(k), np.log(ks), np.arange(50)), np.interp(p, ps, np.arange(50))] for k, p in places]
    )
    moved = np.flatnonzero(np.hypot(*(discs - own).T) > 1e-6)
    assert len(moved) >= 1
    ties = np.stack([traces["ties"].x, traces["ties"].y], axis=1).astype(float).reshape(-1, 3, 2)
    assert ties[:, 0] == pytest.approx(own[moved])
    assert ties[:, 1] == pytest.approx(discs[moved])


def test_discs_that_hide_no_number_stay_where_they_are() -> None:
    points = [Point(number=0, name="", k=1, p=1.0), Point(number=1, name="", k=100, p=0.25)]
    figure = fig_surface(KEPT, KS, PS, name="entropy", points=points, equal=np.ones(4, int), palette=LIGHT)
    traces = {trace.name: trace for trace in figure.data}
    assert list(zip(traces["settings"].x, traces["settings"].y, strict=True)) == [(0.0, 3.0), (4.0, 0.0)]
    assert not traces["ties"].x


def test_a_top_p_of_nine_tenths_beside_none_keeps_its_own_place() -> None:
    points = [Point(number=0, name="", k=100, p=1.0), Point(number=1, name="", k=100, p=0.9)]
    ks, ps = np.geomspace(1, 100, 50), np.linspace(0.02, 1, 50)
    figure = fig_surface(
        np.ones((50, 50)), ks, ps, name="entropy", points=points, equal=np.ones(50, int), palette=LIGHT
    )
    traces = {trace.name: trace for trace in figure.data}
    assert not traces["ties"].x
    assert traces["settings"].y[1] == pytest.approx(np.interp(0.9, ps, np.arange(50)))
