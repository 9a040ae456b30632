"""The loss of each word of a text as bars. Axis letter: T token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from formatting import percent
from viz.base.axes import FEW, FROM_LEFT, across, word_columns
from viz.base.figure import Figure, Trace, bar, scatter
from viz.base.hatching import bar_marker, entry
from viz.base.text import escape, signed
from viz.base.theme import Palette, style

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT = 420
NUMBERS_UP_TO = 24


def word_losses(
    bits: NDArray[Any],
    *,
    labels: Sequence[str],
    counts: NDArray[np.bool_],
    pads: NDArray[np.bool_],
    mean: float,
    palette: Palette,
) -> Figure:
    """Return what each word cost, `bits[T]`, as bars (trace `loss`) against a second axis in nats.

    Of the columns that do not count, the `pads[T]` lie under the hatch of padding, trace `left out`, and a first word on a
    plain ground, trace `first word`; what they cost is written there, trace `not counted`, since the other means count
    it; the first column has no loss. A dashed line marks `mean`, in bits.
    """
    top = 1.12 * float(np.nanmax(np.where(counts, bits, np.nan))) if counts.any() else 1.0
    figure = Figure()
    _add_left_out(figure, np.flatnonzero(~counts & pads).tolist(), top, "pad", palette)
    _add_left_out(figure, np.flatnonzero(~counts & ~pads).tolist(), top, "first", palette)
    figure.add(_losses(bits, np.flatnonzero(counts).tolist(), labels, palette))
    left_out = np.flatnonzero(~counts).tolist()
    if len(labels) <= NUMBERS_UP_TO and left_out:
        figure.add(_not_counted(bits, left_out, top, len(labels), palette))
    style(figure, palette, height=HEIGHT)
    if np.isfinite(mean):
        _mark_mean(figure, mean, palette)
    figure.update_xaxes(**word_columns(labels, palette))
    figure.update_yaxes(title={"text": "bits"}, range=[0, top], nticks=6, fixedrange=True)
    _add_nats(figure, top * float(np.log(2)))
    figure.update_layout(
        barmode="overlay",
        bargap=0.15,
        showlegend=True,
        legend={"y": 1.1, "yanchor": "bottom"},
        margin={"t": 74},
        hovermode="closest",
    )
    return figure


def _add_left_out(
    figure: Figure, columns: list[int], top: float, what: Literal["pad", "first"], palette: Palette
) -> None:
    """Add the ground, `top` high, of pads or of a first word, which do not count, and why as a line of the legend.

    Without gaps and outlines: it is no bar of a height.
    """
    if not columns:
        return
    name, marker, reason = {
        "pad": ("left out", bar_marker(palette.causes["padding"]), "left out: padding"),
        "first": ("first word", {"color": palette.surface}, "left out: first word"),
    }[what]
    figure.add(
        bar(
            x=columns,
            y=[top] * len(columns),
            name=name,
            showlegend=False,
            width=1,
            marker={**marker, "line": {"width": 0}},
            hovertemplate=f"{reason} (label −100)<extra></extra>",
        ),
        entry(reason, marker, palette),
    )


def _losses(bits: NDArray[Any], columns: list[int], labels: Sequence[str], palette: Palette) -> Trace:
    """Return the bars of the words in `columns` with their numbers; the hover has nats and the word's probability too."""
    T = len(labels)
    return bar(
        x=columns,
        y=bits[columns],
        name="loss",
        showlegend=False,
        marker={"color": palette.ramp[5]},
        text=[signed(float(bits[column]), 3) for column in columns] if T <= NUMBERS_UP_TO else None,
        textposition="outside",
        textfont=_number_font(T, palette.text),
        cliponaxis=False,
        customdata=[
            [escape(labels[column]), float(bits[column]) * float(np.log(2)), percent(2.0 ** -float(bits[column]))]
            for column in columns
        ],
        hovertemplate="<b>%{customdata[0]}</b>: %{y:.6g} bits = %{customdata[1]:.6g} nats"
        "<br>the model gave it %{customdata[2]}<extra></extra>",
    )


def _not_counted(bits: NDArray[Any], columns: list[int], top: float, tokens: int, palette: Palette) -> Trace:
    """Return the numbers of the `columns` that do not count, at the foot of a picture `top` high."""
    return scatter(
        x=columns,
        y=[0.05 * top] * len(columns),
        mode="text",
        name="not counted",
        showlegend=False,
        text=["none" if np.isnan(bits[column]) else signed(float(bits[column]), 3) for column in columns],
        textfont=_number_font(tokens, palette.muted),
        hoverinfo="skip",
    )


def _number_font(tokens: int, colour: str) -> dict[str, Any]:
    return {"size": 18 if tokens <= FEW else 13, "color": colour}


def _mark_mean(figure: Figure, mean: float, palette: Palette) -> None:
    """Draw a dashed line at the mean, and write it above the bars, where it covers none of them."""
    figure.add_shape(**across(y=mean), line={"color": palette.accent, "width": 2, "dash": "dash"})
    figure.add_annotation(
        text=f"– – mean of the bars: {signed(mean, 3)} bits",
        **FROM_LEFT,
        yref="paper",
        y=1,
        yanchor="bottom",
        yshift=4,
        font={"size": 17, "color": palette.accent},
    )


def _add_nats(figure: Figure, top: float) -> None:
    """Add the axis in nats at the right, `top` nats high; plotly draws no axis that has no trace."""
    figure.add(scatter(x=[None], y=[None], yaxis="y2", name="nats", showlegend=False, hoverinfo="skip"))
    figure.update_layout(
        yaxis2={
            "title": {"text": "the same in nats"},
            "overlaying": "y",
            "side": "right",
            "range": [0, top],
            "tickmode": "linear",
            "dtick": next((step for step in (0.5, 1, 2, 5) if top / step < 8), 10),
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        }
    )
