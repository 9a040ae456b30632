"""Settings side by side: measures with their spread, steps as lines, and what grows with a setting."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viz.base.axes import across, apart, together
from viz.base.figure import Figure, Trace, scatter
from viz.base.panels import bold, counted, heading, lines_of, one_above_other, place
from viz.base.text import escape
from viz.base.theme import MIN_FONT, Palette, ramp_colour, style

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

PANEL, ROW = 72, 30
_HOVER = 48  # characters of a line of a definition
_GAP = 0.13  # of the height of a panel, between two numbers at the ends of lines
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True, kw_only=True)
class Dots:
    """One measure of every setting: per setting the values of its samples, their mean, half of its interval (NaN: none).

    `unit` is that of its values, or of what they are shares of; `caption` defines it, on hover.
    """

    title: str
    values: Sequence[Sequence[float]]
    means: Sequence[float]
    margins: Sequence[float]
    unit: str = ""
    caption: str = ""
    share: bool = False
    log: bool = False


def whiskers(means: Sequence[float], margins: Sequence[float], *, share: bool) -> dict[str, Any]:
    """Return the two lengths of the interval around each mean, as plotly takes them; one of a `share` stays within 0 to 1.

    An interval that is not known (NaN) has no length.
    """
    known = [0.0 if math.isnan(margin) else margin for margin in margins]
    if not share:
        return {"array": known}
    return {
        "symmetric": False,
        "array": [min(margin, 1 - mean) for mean, margin in zip(means, known, strict=True)],
        "arrayminus": [min(margin, mean) for mean, margin in zip(means, known, strict=True)],
    }


def measures(dots: Sequence[Dots], names: Sequence[str], *, chosen: int, palette: Palette) -> Figure:
    """Return a panel per measure with a row per setting: its samples as pale dots, their mean with its interval.

    `chosen` is the setting in view. Traces: `samples` and `mean`, one of each per panel, their measure in `meta`.
    """
    figure, lines = Figure(), lines_of(dots)
    height = lines * (PANEL + ROW * len(names))
    layout: dict[str, Any] = {}
    headings = []
    for number, one in enumerate(dots):
        axis, across, line = place(number)
        top = 1 - line / lines
        low, high = top - (ROW * len(names)) / height - 0.2 * PANEL / height, top - 0.4 * PANEL / height
        figure.add(*_dots(one, names, axis, chosen, palette))
        layout |= _panel(one, axis, across, (max(low, 0), high), names, palette)
        unit = f', <span style="font-size:{MIN_FONT}px">{one.unit}</span>' if one.unit else ""
        hover = {"hovertext": "<br>".join(textwrap.wrap(escape(one.caption), _HOVER))} if one.caption else {}
        headings.append(heading(bold(one.title) + unit, palette, y=high, x=across[0]) | hover)
    style(figure, palette, height=height)
    figure.update_layout(
        **layout,
        annotations=headings,
        margin={"l": 28, "r": 16, "t": 8, "b": 8},
        showlegend=False,
        hovermode="closest",
    )
    return figure


def _dots(one: Dots, names: Sequence[str], axis: str, chosen: int, palette: Palette) -> list[BaseTraceType]:
    spots = [(value, row) for row, values in enumerate(one.values) for value in values if not math.isnan(value)]
    value = "%{x:.1%}" if one.share else "%{x:.4g}"
    where = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "meta": one.title}
    samples = scatter(
        name="samples",
        mode="markers",
        x=[value for value, _ in spots],
        y=[row for _, row in spots],
        marker={"size": 12, "color": ramp_colour(palette, 0.35), "opacity": 0.6},
        hovertemplate=f"one text: {value}<extra></extra>",
        **where,
    )
    mean = scatter(
        name="mean",
        mode="markers",
        x=list(one.means),
        y=list(range(len(one.means))),
        error_x={
            **whiskers(one.means, one.margins, share=one.share),
            "color": palette.text,
            "thickness": 3,
            "width": 6,
        },
        marker={
            "size": 16,
            "symbol": "diamond",
            "color": [palette.accent if row == chosen else palette.text for row in range(len(one.means))],
        },
        customdata=[escape(name) for name in names],
        cliponaxis=False,
        hovertemplate=f"%{{customdata}}<br>mean {value}<extra></extra>",
        **where,
    )
    return [samples, mean]


def _scale(one: Dots) -> dict[str, Any]:
    """Return kind, range and step of the axis of values; on that of shares few marks up to the end, as a phone has room for."""
    known = [value for values in (*one.values, one.means) for value in values if not math.isnan(value)]
    if one.log:
        return {"type": "log", "range": [-0.5, math.log10(max([*known, 1])) + 0.25], "dtick": 1}
    reach = whiskers(one.means, one.margins, share=one.share)
    for mean, up, down in zip(one.means, reach["array"], reach.get("arrayminus", reach["array"]), strict=True):
        known += [] if math.isnan(mean) else [mean - down, mean + up]
    low, high = min([*known, 0.0]), max([*known, 0.2 if one.share else 0.0])
    if one.share and high > 0.8:
        high = 1.0
    tick = None if not one.share or high <= 0.5 else 0.25 if high < 1 else 0.5
    size = high - low or 1.0
    # A mark at the least value stands clear of the row's number.
    return {"type": "linear", "range": [low - 0.12 * size, high + 0.06 * size], "dtick": tick}


def _panel(
    one: Dots,
    axis: str,
    across: tuple[float, float],
    down: tuple[float, float],
    names: Sequence[str],
    palette: Palette,
) -> dict[str, Any]:
    """Return the two axes of one panel."""
    return {
        f"xaxis{axis}": {
            "domain": across,
            "anchor": f"y{axis}",
            **_scale(one),
            "showgrid": True,
            "gridcolor": palette.line,
            "zeroline": False,
            "nticks": 4,
            "tickfont": {"size": 15, "color": palette.muted},
            "tickformat": ".0%" if one.share else "~s" if one.log else "",
            "ticklabeloverflow": "allow",  # the 100 % of a panel at the edge
            "fixedrange": True,
        },
        f"yaxis{axis}": {
            "domain": down,
            "anchor": f"x{axis}",
            "range": [len(names) - 0.4, -0.6],
            "tickvals": list(range(len(names))),
            "ticktext": [str(row) for row in range(len(names))],
            "tickfont": {"size": 18},
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }


# px across the ring at a first difference.
_RING = 16


def steps(
    rows: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    ringed: Sequence[int | None],
    chosen: int,
    step: int,
    palette: Palette,
) -> Figure:
    """Return two panels over the steps: tokens left (log) and uncertainty in bits, a line per setting.

    `rows` are (name, tokens left per step, bits per step); at the step `ringed` a row's text becomes another. `chosen` is
    drawn in the accent, `step` marked; steps count from 0. Traces `kept` and `bits`, the setting's number in `meta`; `number`
    writes the numbers at the ends of the lines.
    """
    colours: list[str] = []
    figure = Figure()
    for row, (name, kept, bits) in enumerate(rows):
        colour = palette.accent if row == chosen else ramp_colour(palette, 0.3 + 0.7 * row / max(len(rows) - 1, 1))
        line = {"color": colour, "width": 5.5 if row == chosen else 3.5, "dash": DASHES[row % len(DASHES)]}
        for trace, axis, values in (("kept", "y", kept), ("bits", "y2", bits)):
            figure.add(_line(values, trace, axis, row, name, line, ringed[row]))
        colours.append(colour)
    numbers = [
        *_numbers([kept for _, kept, _ in rows], colours, "y", chosen, log=True),
        *_numbers([bits for _, _, bits in rows], colours, "y2", chosen),
    ]
    figure.add(*numbers)
    places = [math.log10(place) for one in numbers if one["yaxis"] == "y" for place in one["y"]]
    _style_steps(figure, [kept for _, kept, _ in rows], palette, places=places)
    longest = max((len(text) for one in numbers for text in one["text"]), default=2)
    figure.update_layout(margin={"l": 60, "r": 8 + 10 * longest, "t": 12, "b": 48}, hovermode="closest")
    figure.add_shape(**across(x=step + 1), line={"color": palette.accent, "width": 2, "dash": "dot"}, layer="below")
    return figure


def _style_steps(figure: Figure, kept: Sequence[Sequence[float]], palette: Palette, *, places: Sequence[float]) -> None:
    """Give the panels over the steps their axes; `kept` are the tokens left of each setting.

    `places` are the logarithms at which the numbers of lines stand: Plotly draws none that is beyond its axis.
    """
    largest = math.log10(max((value for values in kept for value in values), default=1))
    span = [min([-0.2, *(place - 0.1 for place in places)]), max([largest + 0.2, *(place + 0.1 for place in places)])]
    last = max(map(len, kept), default=1)
    left = max(0.5, 0.04 * last)  # a ring at the first step stands clear of the axis's numbers
    style(figure, palette, height=440)
    one_above_other(
        figure,
        palette,
        across=counted("step", 1, last, palette, pad=(left, 1.5)),
        upper=(
            "tokens that the filters leave",
            {"domain": [0.56, 0.95], "type": "log", "range": span, "dtick": 1, "tickformat": ",d"},
        ),
        lower=(
            "uncertainty after the filters, in bits",
            {"domain": [0, 0.42], "rangemode": "tozero", "nticks": 5},
        ),
    )


def _line(
    values: Sequence[float], trace: str, axis: str, row: int, name: str, line: dict[str, Any], ringed: int | None
) -> Trace:
    """Return one setting's line in one panel, with a ring at the step `ringed`."""
    return scatter(
        name=trace,
        meta=row,
        mode="lines+markers",
        x=list(range(1, len(values) + 1)),
        y=list(values),
        yaxis=axis,
        line=line,
        marker={
            "symbol": "circle-open",
            "color": line["color"],
            "size": [_RING if number == ringed else 0 for number in range(len(values))],
            "line": {"width": line["width"]},
        },
        cliponaxis=False,
        hovertemplate=f"{row} · {escape(name)}<br>step %{{x}}: %{{y:,.4g}}<extra></extra>",
        showlegend=False,
    )


def _numbers(
    lines: Sequence[Sequence[float]], colours: Sequence[str], axis: str, chosen: int, *, log: bool = False
) -> list[Trace]:
    """Return the traces that write the number of each line behind its end: one text for lines that end at one point.

    Texts at one step stand apart; that of the `chosen` line and of others with it has its colour.
    """
    known = [math.log10(value) if log else value for values in lines for value in values]
    gap = _GAP * (max(known, default=0.0) - (min(known, default=0.0) if log else 0.0))  # bits are drawn from 0
    found = []
    for end in sorted({len(values) for values in lines if values}):
        ends: dict[float, list[int]] = {}
        for row, values in enumerate(lines):
            if len(values) == end:
                ends.setdefault(round(math.log10(values[-1]) if log else values[-1], 3), []).append(row)
        # As they are where all lines are level and one: a rounded place beside them would be all that the axis shows.
        at = apart(list(ends), gap)
        places = (
            [10**place if log else place for place in at] if gap else [lines[rows[0]][-1] for rows in ends.values()]
        )
        found.append(
            scatter(
                name="number",
                mode="text",
                x=[end] * len(places),
                y=places,
                yaxis=axis,
                text=[f" {together(rows, 3)}" for rows in ends.values()],
                textposition="middle right",
                textfont={
                    "size": 19,
                    "color": [colours[chosen if chosen in rows else rows[0]] for rows in ends.values()],
                },
                cliponaxis=False,
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return found
