"""Figures of one decoding step: the candidates as a sorted list of words with bars. Axis letter: n candidates shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from formatting import percent
from viz.base.axes import KEY_HEIGHT, after_gap, behind_bars, key_above, word_rows
from viz.base.figure import Figure, bar
from viz.base.text import escape
from viz.base.theme import MIN_FONT, ramp_colour, style

if TYPE_CHECKING:
    from viz.base.theme import Palette

Outcome = Literal["drawn", "kept", "cut"]

ROW_HEIGHT = 24
_SOLID = 0.62  # place on the ramp of a kept word's bar
_GAP_LINE = 0.7  # where the line of a gap ends and its text begins, as a share of the width

SCALES = (0.1, 0.25, 0.5, 1.0)

# How far up the ramp a background may go so that the palette's text keeps 4.5:1 on it.
_READABLE = 0.38


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One candidate: its readable label, place in the order of probabilities, probability before and after the filters, outcome.

    `by` names the filter that cut it, empty when it was kept; `why` says so in other words than `cut by`, such as a ban with
    its reason, and `note` what else was done to it, such as a penalty.
    """

    label: str
    token_id: int
    rank: int
    before: float
    after: float
    outcome: Outcome
    by: str = ""
    why: str = ""
    note: str = ""


def fig_candidates(bars: Sequence[Bar], palette: Palette, *, taken: bool = False, shift: str = "") -> Figure:
    """Return the candidates of one step, likeliest on top: pale bar = probability before the filters, solid = after them.

    The word that the text got was drawn, or `taken` by the reader or by greedy. `shift` says what had changed the model's
    probabilities before the filters, such as `at temperature 0.5`.

    The traces `drawn`, `kept`, `cut` hold the probabilities before the filters, with `customdata` token id, rank, before, after,
    filter; `drawn after`, `kept after` draw the solid bars. Where ranks are left out, a dotted line says how many.
    Where no filter changes a probability, each word has one bar and one number.
    """
    figure = Figure()
    unchanged = bool(bars) and all(percent(bar.before) == percent(bar.after) for bar in bars)
    longest = max((max(bar.before, bar.after) for bar in bars), default=1.0)
    # A few fixed scales: stepping on seldom changes it, and small probabilities still show.
    scale = next((scale for scale in SCALES if scale >= longest), 1.0)
    for outcome in ("cut", "kept", "drawn"):
        _add_outcome(figure, bars, outcome, palette, shift)
        if outcome != "cut":
            _add_after(figure, bars, outcome, palette, unchanged=unchanged)
    _add_values(figure, bars, palette, unchanged=unchanged)
    key = _key(bars, palette, taken=taken, shift=shift, unchanged=unchanged)
    figure.add_annotation(**key_above(key, palette))
    _mark_gaps(figure, bars, palette)
    style(figure, palette, height=KEY_HEIGHT + ROW_HEIGHT * max(len(bars), 1))
    figure.update_layout(
        barmode="overlay",
        bargap=0.28,
        showlegend=False,
        margin={"l": 4, "r": 4, "t": KEY_HEIGHT, "b": 0},
    )
    figure.update_xaxes(range=[0, scale * 1.75], visible=False, fixedrange=True)
    figure.update_yaxes(
        **word_rows([_tick(bars, y, palette) for y in range(len(bars))], palette, size=17), ticklabelstandoff=5
    )
    return figure


def _add_outcome(figure: Figure, bars: Sequence[Bar], outcome: str, palette: Palette, shift: str) -> None:
    """Add the bars of one outcome; one that no bar has still gets its trace, empty and out of the legend."""
    rows = [(y, bar) for y, bar in enumerate(bars) if bar.outcome == outcome]
    pale = {"drawn": _faded(palette.accent, 0.28), "kept": palette.pale, "cut": palette.surface}[outcome]
    whose = f"of the probability {shift}".rstrip()
    marker: dict[str, Any] = {"color": pale, "line": {"width": 1.5, "color": pale}}
    if outcome == "cut":  # most are so short that little but the outline is seen
        mark = palette.causes["causal"].mark
        marker["line"] = {"width": 3, "color": mark}
        marker["pattern"] = {"shape": "/", "fgcolor": mark, "bgcolor": pale, "size": 6, "solidity": 0.3}
    figure.add(
        bar(
            name=outcome,
            orientation="h",
            x=[bar.before for _, bar in rows],
            y=[y for y, _ in rows],
            customdata=[[bar.token_id, bar.rank, bar.before, bar.after, bar.by] for _, bar in rows],
            text=[escape(bar.label) for _, bar in rows],
            textposition="none",
            marker=marker,
            hovertext=[
                f"{escape(bar.label)}<br>rank {bar.rank:,}<br>{percent(bar.before)} {whose} before the filters"
                f"<br>{percent(bar.after)} after them"
                for _, bar in rows
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
        )
    )


def _add_after(figure: Figure, bars: Sequence[Bar], outcome: str, palette: Palette, *, unchanged: bool) -> None:
    """Add the solid bars of one outcome; where filters left all `unchanged`, each covers the pale one below it."""
    rows = [(y, bar) for y, bar in enumerate(bars) if bar.outcome == outcome]
    solid = palette.accent if outcome == "drawn" else ramp_colour(palette, _SOLID)
    figure.add(
        bar(
            name=f"{outcome} after",
            orientation="h",
            x=[bar.after for _, bar in rows],
            y=[y for y, _ in rows],
            width=None if unchanged else 0.34,
            marker={"color": solid, "line": {"width": 0}},
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _key(
    bars: Sequence[Bar], palette: Palette, *, taken: bool, shift: str, unchanged: bool
) -> list[tuple[str, str, str]]:
    """Return colour, sign and name of what the picture has."""
    solid, outcomes = ramp_colour(palette, _SOLID), {bar.outcome for bar in bars}
    if unchanged:
        parts = [(solid, "■", " ".join(["probability", shift, "(no filter changes it)"]).replace("  ", " "))]
    else:
        parts = [
            (palette.pale, "■", f"before ({shift})" if shift else "before"),
            (solid, "■", "after the filters"),
        ]
    if "drawn" in outcomes:
        parts.append((palette.accent, "■", "taken" if taken else "drawn"))
    if "cut" in outcomes:
        parts.append((palette.causes["causal"].mark, "▨", "cut"))
    return parts


def _mark_gaps(figure: Figure, bars: Sequence[Bar], palette: Palette) -> None:
    """Draw a dotted line between two rows where ranks are left out, with how many: between them, so that no row moves."""
    for y, (above, below) in enumerate(pairwise(bars)):
        left_out = below.rank - above.rank - 1
        if left_out > 0:
            figure.add_shape(
                type="line",
                xref="paper",
                x0=0,
                x1=_GAP_LINE,
                y0=y + 0.5,
                y1=y + 0.5,
                line={"color": palette.muted, "width": 1, "dash": "dot"},
                label={
                    "text": f" … {left_out:,} more",
                    "textposition": "end",
                    "xanchor": "left",
                    "yanchor": "middle",
                    "font": {"size": MIN_FONT, "color": palette.muted},
                },
            )


def _add_values(figure: Figure, bars: Sequence[Bar], palette: Palette, *, unchanged: bool) -> None:
    """Write the probabilities behind each bar: before and after, one where that is the same, or before and what cut it."""
    colours = {"drawn": palette.accent, "kept": palette.text, "cut": palette.muted}
    ends, texts = [max(bar.before, bar.after) for bar in bars], [f" {_value(bar, unchanged=unchanged)}" for bar in bars]
    figure.add(behind_bars(ends, texts, size=15, colour=[colours[bar.outcome] for bar in bars], name="value"))


def _value(bar: Bar, *, unchanged: bool) -> str:
    note = f"  {escape(bar.note)}" if bar.note else ""
    if unchanged:
        return f"{percent(bar.before)}{note}"
    if bar.outcome != "cut":
        return f"{percent(bar.before)} → {percent(bar.after)}{note}"
    cut = "not the likeliest" if bar.by == "greedy" else f"cut by {bar.by}"
    return f"{percent(bar.before)}  {escape(bar.why) or cut}{note}"


def _tick(bars: Sequence[Bar], y: int, palette: Palette) -> str:
    """Return the label of one row, with its rank in front where ranks are left out before it."""
    bar = bars[y]
    gap = y > 0 and bar.rank != bars[y - 1].rank + 1
    rank = after_gap(bar.rank, palette) if gap else ""
    word = escape(bar.label if len(bar.label) <= 16 else bar.label[:15] + "…")
    return rank + (f'<b><span style="color:{palette.accent}">{word}</span></b>' if bar.outcome == "drawn" else word)


def probability_colour(probability: float, palette: Palette) -> str:
    """Return the background of a generated token: the ramp at the square root of its probability, light enough to read on."""
    return ramp_colour(palette, _READABLE * max(probability, 0.0) ** 0.5)


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
