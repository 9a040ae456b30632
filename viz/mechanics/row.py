"""One row of one head as strips, stage by stage. Axis letters: K key, W width of a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.base.axes import FROM_LEFT, numbered
from viz.base.figure import Figure, bar, heatmap, scatter
from viz.base.hatching import bar_marker
from viz.base.text import escape, precise, shorten, signed
from viz.base.theme import Palette, sign_colours, signed_scale, style, weight_colour
from viz.mechanics.strip_layout import (
    BELOW_WORDS,
    FOLDED_FONT,
    HALL_STRIPS,
    LONGEST,
    MASK,
    STAGES,
    TITLE_FONT,
    WORD_FONT,
    Layout,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What lies above the largest score, in lengths of the scores' span: at STRIP px its dot still fits in.
ABOVE_SCORES = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Strips:
    """What the strips of one row show; one number per key.

    `labels` are plain text, `causes` `[K]` truth values without overlaps, `largest` what exp subtracts, `total` the sum
    of exp, `mixed` `[K, W]` weight x value, `output` `[W]` its sum. `divisor` is what q·k was divided by, as it is written,
    such as `√32`; empty where it was not.
    """

    labels: Sequence[str]
    causes: Mapping[str, NDArray[np.bool_]]
    score: NDArray[Any]
    masked: NDArray[Any]
    exp: NDArray[Any]
    weight: NDArray[Any]
    mixed: NDArray[Any]
    output: NDArray[Any]
    largest: float
    total: float
    divisor: str

    @property
    def blocked(self) -> NDArray[np.bool_]:
        """Return `[K]`: True where a key may not be read."""
        return np.asarray(np.any(list(self.causes.values()), axis=0))

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Return `[K]`: True where a key gives nothing. In a row that is blocked throughout the fill decides: nowhere."""
        return self.blocked & (not self.blocked.all())


def strips(row: Strips, *, stage: str, palette: Palette) -> Figure:
    """Return the strips of one row up to `stage`, one of STAGES: the last WHOLE_STRIPS whole, earlier ones as their numbers.

    In a hall the first ones give way, so that HALL_STRIPS are left, all whole.

    Traces carry the true numbers and are named `score`, `masked`, `exp`, `weight`, `mixed` and `output`; blocked keys
    lie under the hatch of their cause, in traces named after it.
    """
    stages = STAGES[: STAGES.index(stage) + 1]
    stages = stages[-HALL_STRIPS:] if palette.sizes.brief else stages
    layout = Layout(labels=row.labels, stages=stages, brief=palette.sizes.brief)
    draft = _Draft(figure=Figure(), row=row, palette=palette, layout=layout)
    for place, name in enumerate(stages, start=1):
        draft.title(place, name)
        drawn = {"score": draft.scores, "mask": draft.scores, "values": draft.values}.get(name, draft.bars)
        (draft.fold if place <= layout.folded else drawn)(place, name)
    style(draft.figure, palette, height=layout.height)
    draft.words()
    draft.figure.update_layout(
        margin={"l": 4, "r": 28, "t": 0, "b": 0},  # the result is wider than its column
        barmode="overlay",
        bargap=0.12,
        showlegend=True,
        legend={
            "x": 1,
            "xanchor": "right",
            "y": max(0.0, 1 - layout.above(stages.index(layout.explained) + 1) / layout.height),
            "yanchor": "top",
            "bgcolor": "rgba(0,0,0,0)",
        },
        hovermode="closest",
        uirevision="strips",
    )
    return draft.figure


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draft:
    """A figure under construction; the strips stand in places from 1, each on its own axis."""

    figure: Figure
    row: Strips
    palette: Palette
    layout: Layout

    def title(self, place: int, name: str) -> None:
        """Reserve a strip's room and write its title, that of the last one in the accent colour."""
        divisor = f"({self.row.divisor})" if "·" in self.row.divisor else self.row.divisor
        titles = {
            "score": f"score = q·k / {divisor}" if divisor else "score = q·k",
            "mask": "plus the mask",
            "exp": f"exp(score − largest), the row's largest is {signed(self.row.largest, 3)}",
            "weight": "divided by the row's sum = weight",
            "values": "times values, added up (number: vector length)",
        }
        layout = self.layout
        self.figure.update_layout(
            **{numbered("yaxis", place): {"domain": layout.domain(place), "visible": False, "fixedrange": True}}
        )
        text, last = f"{STAGES.index(name) + 1}  {titles[name]}", place == layout.shown
        self.figure.add_annotation(
            text=f"<b>{text}</b>" if last else text,
            **FROM_LEFT,
            yref="paper",
            yanchor="middle",
            y=1 - (layout.above(place) + layout.title(place) / 2 + 2) / layout.height,
            font={
                "size": FOLDED_FONT if place <= layout.folded else TITLE_FONT,
                "color": self.palette.accent if last else self.palette.text,
            },
        )

    def fold(self, place: int, name: str) -> None:
        """Add an earlier strip as its numbers alone."""
        self.figure.update_layout(**{numbered("yaxis", place): {"range": [0, 1]}})
        self.numbers(place, [_written(value) for value in self.held(name).tolist()], self.total(name), 0.5)

    def held(self, name: str) -> NDArray[np.float64]:
        """Return `[K]`: the numbers of a strip."""
        row = self.row
        held = {"score": row.score, "mask": row.masked, "exp": row.exp, "weight": row.weight}[name]
        return np.asarray(held, dtype=np.float64)

    def total(self, name: str) -> str:
        """Return what is written at the right of a strip: the sum of what softmax adds up."""
        totals = {"exp": self.row.total, "weight": float(np.sum(self.row.weight, dtype=np.float64))}
        return f"Σ {signed(totals[name], 3)}" if name in totals else ""

    def scores(self, place: int, name: str) -> None:
        """Add a strip of scores as dots on lines, the higher the larger: a score has no zero that means anything to softmax."""
        row = self.row
        values = self.held(name)
        low, high = _span(row.score)
        drawn = np.where((row.blocked if name == "mask" else False) | ~np.isfinite(values), np.nan, values)
        if name == "mask":
            self.hatches(place, name, (low, high), [precise(value) for value in values.tolist()])
        axis = numbered("y", place)
        self.figure.add(
            bar(
                x=np.arange(len(values)),
                y=np.where(np.isnan(drawn), np.nan, np.nanmax(row.score[np.isfinite(row.score)], initial=low) - low),
                base=low,
                width=0.04,
                name="lines",
                yaxis=axis,
                showlegend=False,
                marker={"color": self.palette.line},
                hoverinfo="skip",
            ),
            scatter(
                **self.named(values, drawn, "masked" if name == "mask" else name),
                yaxis=axis,
                mode="markers",
                cliponaxis=False,
                marker={
                    "color": self.palette.ramp[4],
                    "size": min(16, self.layout.strip // 8) if self.layout.few else 8,
                },
            ),
        )
        self.write(place, name, (low, high))

    def bars(self, place: int, name: str) -> None:
        """Add one strip of bars from 0 to 1 with its numbers below and the row's sum at the right."""
        row = self.row
        values = self.held(name)
        self.hatches(place, name, (0.0, 1.0), [precise(value) for value in values.tolist()])
        drawn = np.where(row.silent | ~np.isfinite(values), np.nan, values)
        colours = sign_colours(drawn, self.palette)
        if name == "weight":
            colours = [weight_colour(self.palette, value) for value in np.nan_to_num(drawn).tolist()]
        self.figure.add(
            bar(**self.named(values, drawn, name), yaxis=numbered("y", place), marker={"color": colours}),
        )
        self.write(place, name, (0.0, 1.0))

    def named(self, values: NDArray[Any], drawn: NDArray[Any], name: str) -> dict[str, Any]:
        """Return what the trace of a strip has whatever it is drawn as; on hover it shows the whole number."""
        return {
            "x": np.arange(len(values)),
            "y": drawn,
            "name": name,
            "showlegend": False,
            "customdata": [precise(value) for value in values.tolist()],
            "hovertext": [escape(label) for label in self.row.labels],
            "hovertemplate": "<b>%{hovertext}</b><br>%{customdata}<extra></extra>",
        }

    def write(self, place: int, name: str, ends: tuple[float, float]) -> None:
        """Write the numbers of a strip below it, and set the range of its axis."""
        floor = self.layout.floor * (ends[1] - ends[0])
        self.figure.update_layout(**{numbered("yaxis", place): {"range": [ends[0] - floor, ends[1]]}})
        written = [_written(value) for value in self.held(name).tolist()]
        self.numbers(place, written, self.total(name), ends[0] - 0.55 * floor)

    def hatches(self, place: int, name: str, ends: tuple[float, float], held: Sequence[str]) -> None:
        """Add the blocked keys of a strip with what they hold, one trace per cause: blocked is no small number."""
        explained = name == self.layout.explained
        for cause, cells in self.row.causes.items():
            keys = np.flatnonzero(cells if name == MASK else cells & self.row.silent).tolist()
            if not keys:
                continue
            look = self.palette.causes[cause]
            self.figure.add(
                bar(
                    x=keys,
                    y=[ends[1] - ends[0]] * len(keys),
                    base=ends[0],
                    name=look.label if explained else cause,
                    showlegend=explained,
                    yaxis=numbered("y", place),
                    marker=bar_marker(look),
                    customdata=[held[key] for key in keys],
                    hovertext=[escape(self.row.labels[key]) for key in keys],
                    hovertemplate=f"<b>%{{hovertext}}</b>, {look.label}<br>%{{customdata}}<extra></extra>",
                )
            )

    def numbers(self, place: int, texts: Sequence[str], total: str, y: float) -> None:
        """Add the numbers of a strip, and its total at the right in the accent colour."""
        text = ([*texts] if self.layout.few else []) + [total]
        keys, most = len(texts), FOLDED_FONT if place <= self.layout.folded else TITLE_FONT
        self.figure.add(
            scatter(
                x=[*(range(keys) if self.layout.few else ()), self.layout.end],
                y=[y] * len(text),
                mode="text",
                name="numbers",
                showlegend=False,
                yaxis=numbered("y", place),
                text=text,
                cliponaxis=False,
                textfont={
                    "size": min(*(_size_in_column(one, keys) for one in texts), most),
                    "color": [self.palette.text] * (len(text) - 1) + [self.palette.accent],
                },
                hoverinfo="skip",
            )
        )

    def values(self, place: int, name: str) -> None:
        """Add the last strip: each key's value times its weight as a column of W cells, and their sum at the right."""
        row = self.row
        K, W = row.mixed.shape
        self.hatches(
            place,
            name,
            (-0.5, W - 0.5),
            [f"weight {signed(float(one))}, so no {name} come through" for one in row.weight],
        )
        most = float(np.nanmax(np.abs(row.output))) if np.isfinite(row.output).any() else 1.0
        columns = {
            "mixed": (np.where(row.silent, np.nan, row.mixed.T), np.arange(K), [escape(label) for label in row.labels]),
            "output": (row.output[:, None], [self.layout.end], ["the sum"]),
        }
        for trace, (z, x, names) in columns.items():
            self.figure.add(
                heatmap(
                    z=z,
                    x=x,
                    y=np.arange(W),
                    name=trace,
                    yaxis=numbered("y", place),
                    **signed_scale(self.palette, most).heatmap(),
                    xgap=6 if self.layout.few else 1,
                    customdata=np.tile(names, (W, 1)),
                    hovertemplate="<b>%{customdata}</b>, number %{y}: %{z:.9g}<extra></extra>",
                )
            )
        self.figure.update_layout(**{numbered("yaxis", place): {"range": [-0.5 - W * 0.3, W - 0.5]}})
        self.sum_title(place)
        lengths = np.linalg.norm(row.mixed.astype(np.float64), axis=1)
        texts = ["" if hidden else signed(float(one)) for one, hidden in zip(lengths, row.silent, strict=True)]
        length = float(np.linalg.norm(row.output.astype(np.float64)))
        self.numbers(place, texts, f"length {signed(length)}", -0.5 - W * 0.16)

    def sum_title(self, place: int) -> None:
        """Write above the last strip's right column that it is the sum."""
        self.figure.add_annotation(
            text="sum",
            x=self.layout.end,
            yref=numbered("y", place),
            y=self.row.mixed.shape[1] - 0.5,
            yanchor="bottom",
            showarrow=False,
            font={"size": 18, "color": self.palette.accent},
        )

    def words(self) -> None:
        """Put the words that are read on top, thinned out where they would touch."""
        K = len(self.row.labels)
        shown = list(range(0, K, 1 if self.layout.few else max(1, K // 24)))
        self.figure.update_xaxes(
            range=[-0.5, self.layout.end + (0.5 if self.layout.few else 1)],
            tickmode="array",
            tickvals=shown,
            ticktext=[escape(shorten(self.row.labels[key], LONGEST if self.layout.few else 12)) for key in shown],
            tickangle=0 if self.layout.upright else -45,
            tickfont={"size": WORD_FONT if self.layout.upright else 14, "color": self.palette.text},
            ticklabelstandoff=BELOW_WORDS if self.layout.upright else 0,
            side="top",
            anchor="free",
            position=1 - self.layout.top / self.layout.height,
            automargin=False,
            fixedrange=True,
        )


def _span(scores: NDArray[Any]) -> tuple[float, float]:
    """Return the ends of an axis of scores: the least one's dot clear of the numbers, the largest one's of the title."""
    known = scores[np.isfinite(scores)].astype(np.float64)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    size = high - low or 1.0
    return low - 0.2 * size, high + ABOVE_SCORES * size


def _written(value: float) -> str:
    """Return a number of a strip with three figures, a small one with two; the fill `min` by its name, which is shorter."""
    if value == np.finfo(np.float32).min:
        return "min"
    return signed(value, 2 if abs(value) < 0.1 else 3)


def _size_in_column(text: str, keys: int) -> int:
    """Return the font size at which `text` fits into one of `keys` columns of a strip."""
    room = 17 if keys <= 12 else 14
    return 18 if len(text) <= 4 and keys <= 12 else room - 2 * max(0, len(text) - 5)
