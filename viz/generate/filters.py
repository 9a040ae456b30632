"""What the filters of one step remove and leave: the sampler as a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formatting import percent
from viz.base.axes import legend_above
from viz.base.figure import Figure, bar, scatter
from viz.base.text import escape
from viz.base.theme import ink, ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

ROW = 54  # px per bar
_HATCHES = ("/", "x", ".", "\\", "+", "-", "|")  # of what each filter removed, by its place among all
_DASHES = ("longdashdot", "dash", "dot", "dashdot", "longdash", "2px,8px", "16px,3px,3px,3px")  # of its lines, likewise
_LEGEND = 8  # px between the legend and the bars
_SHADES = (0.72, 0.6, 0.5, 0.42, 0.34, 0.2)  # places on the ramp of the named words, the last of all others
_ROUNDING = 0.001  # what the shares of a bar may sum to beyond 1
_LETTER = 0.0185  # share of the bar that a letter of a name takes; where a name does not fit stands its number


@dataclass(frozen=True, kw_only=True)
class WaterfallBar:
    """One bar: what is done, how many tokens are left, and the shares of the probabilities that lie where.

    `words` are shares of named tokens, likeliest first, `rest` that of all other kept ones, `gone` what each filter has
    removed so far. They add up to 1. `note` stands behind the count.
    """

    title: str
    count: int
    words: Sequence[float]
    rest: float
    gone: dict[str, float]
    note: str = ""


def waterfall(
    stages: Sequence[WaterfallBar],
    names: Sequence[str],
    *,
    filters: Sequence[str],
    drawn: int | None,
    taken: bool = False,
    palette: Palette,
) -> Figure:
    """Return one stacked bar per stage, each as wide as all probabilities; what a filter removed stays in place, hatched.

    `names` are the words that have a part of their own, `drawn` the place of the drawn one among them, which greedy has
    `taken`; `filters` are all that there are. Traces: `word 0` and so on, `rest`, and `cut by FILTER`, each with the shares
    as x; the legend names the hatches, the drawn word, and by their numbers the words whose names do not fit in every bar.
    """
    figure, legend, got = Figure(), list[str](), "taken" if taken else "drawn"
    rows = list(range(len(stages)))
    for place, name in enumerate(names):
        colour = palette.accent if place == drawn else ramp_colour(palette, _SHADES[min(place, 4)])
        shares = [stage.words[place] for stage in stages]
        number = "" if all(_fits(name, share) for share in shares if share) else str(place + 1)
        _part(figure, rows, shares, f"word {place}", escape(name), colour, palette, short=number)
        if place == drawn or number:
            legend.append(f"{number} {f'{got}: ' if place == drawn else ''}{name}".lstrip())
            _in_legend(figure, escape(legend[-1]), colour)
    _part(figure, rows, [stage.rest for stage in stages], "rest", "others", ramp_colour(palette, _SHADES[-1]), palette)
    # The latest cut lies beside what is left: what an earlier filter removed is further out.
    for by in reversed(dict.fromkeys(by for stage in stages for by in stage.gone)):
        shares = [stage.gone.get(by, 0.0) for stage in stages]
        _removed(figure, rows, shares, by, hatch_of(by, filters), palette)
        legend += [f"cut by {by}"] * any(shares)
    _titles(figure, stages, palette)
    style(figure, palette, height=ROW * len(stages) + 10)
    figure.update_layout(barmode="stack", bargap=0, showlegend=True, margin={"l": 2, "r": 2, "t": 4, "b": 4})
    # Above: a number in a bar means nothing before its word has been read.
    look = {"itemclick": False, "itemdoubleclick": False, "font": {"size": 15}, "traceorder": "normal"}
    figure.update_layout(legend={**look, "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"})
    if legend:
        legend_above(figure, legend).grow_above(_LEGEND)
    # Sums of float32 end a little behind 1, and plotly draws no text of a bar that ends outside.
    figure.update_xaxes(range=[0, 1 + _ROUNDING], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(stages) - 0.55, -0.6], visible=False, fixedrange=True)
    return figure


def _part(
    figure: Figure,
    rows: list[int],
    shares: list[float],
    trace: str,
    name: str,
    colour: str,
    palette: Palette,
    *,
    short: str = "",
) -> None:
    """Draw what one word, or all others, have of each bar, with its name in it, else what is `short` for that."""
    texts = [next((text for text in (name, short) if _fits(text, share)), "") for share in shares]
    figure.add(
        bar(
            name=trace,
            orientation="h",
            x=shares,
            y=rows,
            width=0.46,
            marker={"color": colour, "line": {"width": 1, "color": palette.paper}},
            text=texts,
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 15, "color": ink(colour)},
            constraintext="none",
            customdata=[name] * len(rows),
            hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
            showlegend=False,
        )
    )


def _fits(text: str, share: float) -> bool:
    """Return whether a text fits into a part of a bar."""
    return share >= _LETTER * len(text)


def _in_legend(figure: Figure, name: str, colour: str) -> None:
    figure.add(
        scatter(
            name=name,
            mode="markers",
            x=[None],
            y=[None],
            marker={"symbol": "square", "size": 12, "color": colour},
            showlegend=True,
        )
    )


def hatch_of(by: str, filters: Sequence[str]) -> str:
    """Return the hatch of what a filter removed; greedy, which is none of `filters`, has no other beside it."""
    return _HATCHES[filters.index(by) % len(_HATCHES)] if by in filters else _HATCHES[0]


def dash_of(by: str, filters: Sequence[str]) -> str:
    """Return the dash of the lines of a filter; greedy, which is none of `filters`, has no other beside it."""
    return _DASHES[filters.index(by) % len(_DASHES)] if by in filters else "solid"


def _removed(figure: Figure, rows: list[int], shares: list[float], by: str, hatch: str, palette: Palette) -> None:
    mark = palette.causes["causal"].mark
    figure.add(
        bar(
            name=f"cut by {by}",
            orientation="h",
            x=shares,
            y=rows,
            width=0.46,
            marker={
                "color": palette.surface,
                "pattern": {"shape": hatch, "fgcolor": mark, "solidity": 0.15, "size": 9},
                "line": {"width": 1, "color": mark},
            },
            text=[percent(share) if _fits(percent(share), share) else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 16, "color": palette.text},
            constraintext="none",
            hovertemplate=f"cut by {by}: %{{x:.2%}} of the probability<extra></extra>",
            showlegend=any(shares),
        )
    )


def _titles(figure: Figure, stages: Sequence[WaterfallBar], palette: Palette) -> None:
    """Write above each bar what is done, at its left, and what is left, at its right."""
    rows = [row - 0.39 for row in range(len(stages))]
    for x, place, texts, colour in (
        (0.0, "middle right", [f"<b>{escape(stage.title)}</b>" for stage in stages], palette.text),
        (
            1.0,
            "middle left",
            [f"{_tokens(stage.count)}{stage.note}{_unwritten(stage)}" for stage in stages],
            palette.muted,
        ),
    ):
        figure.add(
            scatter(
                mode="text",
                x=[x] * len(rows),
                y=rows,
                text=texts,
                textposition=place,
                textfont={"size": 16, "color": colour},
                hoverinfo="skip",
                cliponaxis=False,
                showlegend=False,
            )
        )


def _unwritten(stage: WaterfallBar) -> str:
    """Return what the latest filter cut, where its part of the bar is too narrow for the number."""
    latest = next(reversed(stage.gone.values()), 0.0)
    return f", {percent(latest)} cut" if latest > 0 and not _fits(percent(latest), latest) else ""


def _tokens(count: int) -> str:
    return f"{count:,} token{'s' if count != 1 else ''}"
