"""One step over the plane of top-k and top-p: what every pair leaves, or which word it draws. Axes: K right, P up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import FROM_LEFT, together
from viz.base.figure import Figure, Trace, heatmap, scatter
from viz.base.text import escape
from viz.base.theme import Palette, even_ramp, ink, ramp_colour, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT = 370
TICKS_K = (1, 10, 100, 1_000, 10_000)
TICKS_P = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Cells left free beside the plane, where discs reach over its edge.
_ROOM = 3.0
# px: a side of the plane on a small screen, a disc, one that holds two numbers, and the free ring around one that stands aside.
_PLANE, _DISC, _WIDE_DISC, _FREE = 240, 25, 37, 3
# px by which discs at their own places may overlap: a disc that is moved seems to have another k and p.
_OVERLAP = 4
# A disc gives way to one of so many directions, by steps of so many px.
_DIRECTIONS, _STEP = 16, 4
# Colours of a scale.
_STOPS = 33
# A word is written into its region when that has so many cells, of a plane of some 50 x 50.
_LARGE = 60


@dataclass(frozen=True, kw_only=True)
class Point:
    """One setting on the plane: its number, its k (the whole vocabulary = off) and p, and whether it is in view."""

    number: int
    name: str
    k: int
    p: float
    chosen: bool = False


def fig_surface(
    values: NDArray[Any],
    ks: NDArray[np.int64],
    ps: NDArray[np.float64],
    *,
    name: str,
    points: Sequence[Point],
    equal: NDArray[np.int64],
    palette: Palette,
) -> Figure:
    """Return `values[P, K]` over k and p as a heatmap; trace `name` is `kept_tokens`, `kept_mass` or `entropy`.

    `equal[P]` is the k that alone leaves as many tokens as p alone. `points` are the settings. The axes count the places of
    `ks` and `ps`, so that every cell is one pair.
    """
    most = {"kept_tokens": float(values.max()), "kept_mass": 1.0}.get(name, max(float(values.max()), 1e-9))
    log = name == "kept_tokens"
    unit = {
        "kept_tokens": "%{z:,} tokens left",
        "kept_mass": "%{z:.1%} of the probability left",
        "entropy": "%{z:.2f} bits",
    }
    figure = Figure(
        heatmap(
            z=values,
            name=name,
            zmin=1 if log else 0,
            zmax=max(most, 2) if log else most,
            colorscale=_log_scale(palette, most) if log else even_ramp(palette, _STOPS),
            customdata=_pairs(ks, ps),
            hovertemplate=f"k = %{{customdata[0]:,}}, p = %{{customdata[1]:.2f}}<br>{unit[name]}<extra></extra>",
            colorbar=_bar(name, palette),
            showscale=not log,
        )
    )
    if log:
        figure.add(_count_bar(most, palette))
    _add_equal(figure, ks, equal, palette)
    _add_points(figure, ks, ps, points, palette)
    return _framed(figure, ks, ps, palette)


def fig_words(
    ranks: NDArray[np.int64],
    words: dict[int, str],
    ks: NDArray[np.int64],
    ps: NDArray[np.float64],
    *,
    points: Sequence[Point],
    palette: Palette,
) -> Figure:
    """Return which word is drawn at every pair: `ranks[P, K]` from 0, `words` names those that occur. Trace `drawn_word`.

    Neighbouring regions differ in lightness; a large one has its word written into it, all have it on hover.
    """
    order = sorted(words)
    index = np.searchsorted(order, ranks)  # (P, K)
    n = len(order)
    # Every other region light, every other dark: neighbours in rank are neighbours in the plane.
    places = [0.12 + 0.1 * (i % 2) if n == 1 else 0.08 + 0.8 * ((i * 0.618) % 1) for i in range(n)]
    colours = [ramp_colour(palette, place) for place in places]
    scale = [[edge, colours[i]] for i in range(n) for edge in (i / n, (i + 1) / n)]
    hover = np.empty((*ranks.shape, 3), dtype=object)
    hover[..., :2] = _pairs(ks, ps)
    hover[..., 2] = np.array([escape(words[rank]) for rank in order], dtype=object)[index]
    figure = Figure(
        heatmap(
            z=index,
            name="drawn_word",
            zmin=-0.5,
            zmax=n - 0.5,
            colorscale=scale,
            showscale=False,
            customdata=hover,
            hovertemplate="k = %{customdata[0]:,}, p = %{customdata[1]:.2f}<br>draws “%{customdata[2]}”<extra></extra>",
        )
    )
    _add_regions(figure, index, [words[rank] for rank in order], colours)
    _add_points(figure, ks, ps, points, palette)
    return _framed(figure, ks, ps, palette)


def _pairs(ks: NDArray[np.int64], ps: NDArray[np.float64]) -> NDArray[Any]:
    """Return `[P, K, 2]` the k and p of every cell."""
    return np.stack(np.broadcast_arrays(ks[None, :].astype(float), ps[:, None]), axis=-1)


def _log_scale(palette: Palette, most: float) -> list[tuple[float, str]]:
    """Return a colour scale over 1 to `most` on which equal steps of colour are equal factors."""
    most = max(most, 2.0)
    at = (np.geomspace(1, most, _STOPS) - 1) / (most - 1)
    at[0], at[-1] = 0.0, 1.0
    return [(float(place), colour) for place, (_, colour) in zip(at, even_ramp(palette, _STOPS), strict=True)]


def _count_bar(most: float, palette: Palette) -> Trace:
    """Return a trace without points that has the colour bar of counts: equal factors are equal lengths of it."""
    top = float(np.log10(max(most, 2.0)))
    powers = range(int(top) + 1)
    marks = {float(n): f"{10**n:,}" if n < 4 else f"{10 ** (n - 3)}k" for n in powers}
    if top - max(marks) > 0.3:  # far enough from the mark before
        marks[top] = f"{most:,.0f}" if most < 10_000 else f"{most / 1000:.0f}k"
    return scatter(
        x=[None],
        y=[None],
        name="scale",
        mode="markers",
        marker={
            "color": [0.0],
            "cmin": 0.0,
            "cmax": top,
            "colorscale": even_ramp(palette, _STOPS),
            "showscale": True,
            "colorbar": _bar("kept_tokens", palette) | {"tickvals": list(marks), "ticktext": list(marks.values())},
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _bar(name: str, palette: Palette) -> dict[str, Any]:
    """Return the colour bar of what one surface shows."""
    titles = {"kept_tokens": "tokens", "kept_mass": "share", "entropy": "bits"}
    return {
        "title": {"text": titles[name], "font": {"size": 14, "color": palette.muted}},
        "thickness": 14,
        "outlinewidth": 0,
        "tickfont": {"size": 14},
        "tickformat": ".0%" if name == "kept_mass" else "",
        "nticks": 6,
        "x": 1.04,
    }


def _add_equal(figure: Figure, ks: NDArray[np.int64], equal: NDArray[np.int64], palette: Palette) -> None:
    """Draw the line on which k alone leaves as many tokens as p alone, and above the plane what it is."""
    figure.add(
        scatter(
            name="equal",
            mode="lines",
            x=[_place_k(ks, k) for k in equal],
            y=list(range(len(equal))),
            line={"color": palette.accent, "width": 3, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.add_annotation(
        **FROM_LEFT,
        yref="paper",
        y=1,
        yanchor="bottom",
        yshift=18,
        text=f'<span style="color:{palette.accent}"><b>•••</b></span> top-k alone leaves as many as top-p alone',
        font={"size": 15, "color": palette.text},
    )


def _add_regions(figure: Figure, index: NDArray[np.int64], words: Sequence[str], colours: Sequence[str]) -> None:
    """Write the word of each large region into the middle of its widest row."""
    for i, word in enumerate(words):
        cells = index == i
        if cells.sum() < _LARGE:
            continue
        rows = cells.sum(axis=1)
        # Of the widest rows the middle one; of the row the middle cell.
        wide = np.flatnonzero(rows >= 0.9 * rows.max())
        y = int(wide[len(wide) // 2])
        x = float(np.flatnonzero(cells[y]).mean())
        figure.add_annotation(
            x=x,
            y=y,
            text=escape(word),
            showarrow=False,
            font={"size": 18, "color": ink(colours[i])},
        )


def _place_k(ks: NDArray[np.int64], k: float) -> float:
    """Return where on the axis a k stands: between the places of its neighbours, in the logarithm."""
    return float(np.interp(np.log(max(k, 1)), np.log(ks), np.arange(len(ks))))


def _place_p(ps: NDArray[np.float64], p: float) -> float:
    """Return where on the axis a p stands: between the places of its neighbours."""
    return float(np.interp(p, ps, np.arange(len(ps))))


def _add_points(
    figure: Figure, ks: NDArray[np.int64], ps: NDArray[np.float64], points: Sequence[Point], palette: Palette
) -> None:
    """Draw the settings as numbered discs; those of one place share one, those that would hide another stand aside, on a line."""
    places: dict[tuple[float, float], list[Point]] = {}
    for point in points:
        places.setdefault((_place_k(ks, point.k), _place_p(ps, point.p)), []).append(point)
    sizes = [_WIDE_DISC if len(here) > 1 else _DISC for here in places.values()]
    discs = _clear(list(places), sizes, (len(ks) - 1, len(ps) - 1))
    _add_ties(figure, [(own, disc) for own, disc in zip(places, discs, strict=True) if own != disc], palette)
    chosen = [any(point.chosen for point in here) for here in places.values()]
    figure.add(
        scatter(
            name="settings",
            mode="markers+text",
            x=[x for x, _ in discs],
            y=[y for _, y in discs],
            text=[f"<b>{together([one.number for one in here], 2, ',')}</b>" for here in places.values()],
            customdata=[
                "<br>".join(f"{point.number} · {escape(point.name)}" for point in here) for here in places.values()
            ],
            hovertemplate="%{customdata}<extra></extra>",
            textfont={"size": 15, "color": [palette.paper if one else palette.text for one in chosen]},
            marker={
                "size": sizes,
                "color": [palette.accent if one else palette.paper for one in chosen],
                "line": {"width": 2.5, "color": palette.accent},
                "opacity": 1,
            },
            cliponaxis=False,
            showlegend=False,
        )
    )


def _clear(
    places: Sequence[tuple[float, float]], sizes: Sequence[int], last: tuple[int, int]
) -> list[tuple[float, float]]:
    """Return where discs of `sizes` stand so that none hides another's number: at their own place, or at the nearest free one.

    Places count the cells of the plane from 0 to `last`; a free one covers no disc by more than a rim, and leaves all own places
    in sight.
    """
    cell = np.array([max(last[0], 1), max(last[1], 1)]) / _PLANE
    own, radius = np.array(places).reshape(-1, 2) / cell, np.array(sizes) / 2 + _FREE  # px
    found: list[NDArray[np.float64]] = []

    def between(spot: NDArray[np.float64], i: int) -> float:
        """Return the px between disc `i` at `spot` and the nearest one that has its place, free rings left out."""
        return min((float(np.hypot(*(spot - one)) - radius[i] - radius[j]) for j, one in enumerate(found)), default=0.0)

    for i, at in enumerate(own):
        if between(at, i) >= -(2 * _FREE + _OVERLAP):
            found.append(at)
            continue
        others = np.delete(own, i, axis=0)
        free = (
            spot
            for spot in _around(at)
            if ((spot >= 0) & (spot <= _PLANE)).all()
            and between(spot, i) >= 0
            and (np.hypot(*(spot - others).T) >= 2 * radius[i]).all()
        )
        found.append(next(free, at))
    return [
        place if (spot == at).all() else (float(spot[0] * cell[0]), float(spot[1] * cell[1]))
        for place, at, spot in zip(places, own, found, strict=True)
    ]


def _around(at: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield points around the point `at`, the nearest first, all in px."""
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    for distance in range(_STEP, _PLANE, _STEP):
        yield from at + distance * np.stack([np.cos(angles), -np.sin(angles)], axis=1)


def _add_ties(
    figure: Figure, moved: Sequence[tuple[tuple[float, float], tuple[float, float]]], palette: Palette
) -> None:
    """Draw a thin line from the place of each setting to its disc where that stands aside."""
    figure.add(
        scatter(
            name="ties",
            mode="lines+markers",
            x=[x for own, disc in moved for x in (own[0], disc[0], None)],
            y=[y for own, disc in moved for y in (own[1], disc[1], None)],
            line={"width": 1.5, "color": palette.accent},
            marker={"size": [size for _ in moved for size in (6, 0, 0)], "color": palette.accent},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _framed(figure: Figure, ks: NDArray[np.int64], ps: NDArray[np.float64], palette: Palette) -> Figure:
    """Return `figure` with the axes of the plane of `ks` and `ps`."""
    style(figure, palette, height=HEIGHT)
    vocabulary = int(ks[-1])
    shown = [*(k for k in TICKS_K if k < vocabulary / 2), vocabulary]
    title = {"font": {"size": 16, "color": palette.muted}, "standoff": 6}
    figure.update_xaxes(
        tickvals=[_place_k(ks, k) for k in shown],
        ticktext=["off" if k == vocabulary else f"{k:,}" if k < 1_000 else f"{k // 1_000}k" for k in shown],
        tickfont={"size": 15},
        tickangle=0,
        range=[-_ROOM, len(ks) + 0.5],
        title={"text": "top-k", **title},
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=[_place_p(ps, p) for p in TICKS_P],
        ticktext=[*(f"{p:g}" for p in TICKS_P[:-1]), "off"],
        tickfont={"size": 15},
        range=[-0.5, len(ps) + 0.5],
        title={"text": "top-p", **title},
        fixedrange=True,
    )
    figure.update_layout(margin={"l": 56, "r": 24, "t": 44, "b": 48}, hovermode="closest")
    return figure
